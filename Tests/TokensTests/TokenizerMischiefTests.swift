import Testing
import Tokens

@Suite("Files of Hugging Face that are damaged or hostile")
struct TokenizerMischiefTests {
  private func expect(
    _ json: [UInt8], _ code: TokenError.Code, _ part: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: TokenError.self, "\(part)", sourceLocation: sourceLocation) {
      try Tokenizer(Vocabulary(tokenizerJSON: json))
    }
    #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: sourceLocation)
    #expect(
      error?.message.contains(part) == true, "\(error?.message ?? "")",
      sourceLocation: sourceLocation)
  }

  @Test("Text that is not JSON is an error that says where")
  func notJSON() {
    for (text, part) in [
      ("", "the end at byte 0"), ("[]", "'[' at byte 0 (expected '{')"), ("{", "the end at byte 1"),
      ("{\"a\":1,}", "'}' at byte 7"), ("{\"a\" 1}", "'1' at byte 5 (expected ':')"),
      ("{\"a\":01x}", "'1' at byte 6"), ("{\"a\":nul}", "'n'"),
      ("{\"a\":\"\\q\"}", "an unknown escape"),
      ("{\"a\":\"\\ud800\"}", "half a surrogate pair"), ("{\"a\":\"\\udc00\"}", "half a surrogate"),
      ("{\"a\":\"\\ud800\\u0041\"}", "half a surrogate"),
      ("{\"a\":\"\n\"}", "control character 10"),
      ("{\"a\":\"", "a string without end"), ("{\"a\":\"\\u00g0\"}", "'g'"), ("{} x", "more text"),
      ("{\"a\":--1}", "'-' at byte 6"), ("{\"a\":1,\"a\":2}", "'a' twice"), ("{}", "no model"),
      (String(repeating: "[", count: 100_000), "'['"),
      ("{\"a\":" + String(repeating: "[", count: 100_000), "depth 65"),
      ("{\"a\":" + String(repeating: "{\"b\":", count: 100_000), "depth 65"),
    ] {
      expect(Array(text.utf8), .malformedTokenizer, part)
    }
    expect(Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8), .malformedTokenizer, "not UTF-8")
  }

  @Test("Escapes are read, in names too")
  func escapes() throws {
    let json = JSONText.tokenizer(
      vocabulary: #"{"\u0061":0,"b":1,"a\u0062":2,"\ud83d\ude00\n\t\"\\\/":3}"#, added: "[]")
    let tokenizer = try Tokenizer(Vocabulary(tokenizerJSON: json))
    #expect(tokenizer.piece(2) == Array("ab".utf8))
    #expect(tokenizer.piece(3) == Array("😀\n\t\"\\/".utf8))
  }

  @Test("Ids that are huge, negative, fractions, doubled or far apart are an error")
  func ids() {
    for id in ["9223372036854775808", "9223372036854775807", "16777216", "99999999999999999999999"]
    {
      expect(
        JSONText.tokenizer(vocabulary: "{\"a\":\(id)}"), .malformedTokenizer,
        "a whole number from 0")
    }
    expect(JSONText.tokenizer(vocabulary: #"{"a":-1}"#), .malformedTokenizer, "a whole number")
    expect(JSONText.tokenizer(vocabulary: #"{"a":1.5}"#), .malformedTokenizer, "a fraction")
    expect(JSONText.tokenizer(vocabulary: #"{"a":1e3}"#), .malformedTokenizer, "a fraction")
    expect(JSONText.tokenizer(vocabulary: #"{"a":"1"}"#), .malformedTokenizer, "a whole number")
    expect(
      JSONText.tokenizer(vocabulary: #"{"a":0,"b":0}"#, merges: "[]"), .malformedTokenizer,
      "two pieces with the id 0")
    expect(
      JSONText.tokenizer(vocabulary: #"{"a":9999999}"#), .malformedTokenizer,
      "ids without large gaps")
    expect(
      JSONText.tokenizer(added: #"[{"id":9999999,"content":"x"}]"#), .malformedTokenizer,
      "ids without large gaps")
    for id in ["-1", "1e99", "9223372036854775808", "0.5", "null", "\"3\""] {
      expect(
        JSONText.tokenizer(added: "[{\"id\":\(id),\"content\":\"x\"}]"), .malformedTokenizer,
        "added token")
    }
    expect(
      JSONText.tokenizer(added: #"[{"id":1,"content":"x"}]"#), .malformedTokenizer,
      "two tokens with the id 1")
    expect(
      JSONText.tokenizer(added: #"[{"id":3,"content":"x"},{"id":3,"content":"y"}]"#),
      .malformedTokenizer, "two tokens with the id 3")
    expect(
      JSONText.tokenizer(added: #"[{"id":3,"content":"x"},{"id":4,"content":"x"}]"#),
      .malformedTokenizer, "the added token 'x' twice")
  }

  @Test("Names that occur twice are an error")
  func twice() {
    expect(
      JSONText.tokenizer(vocabulary: #"{"a":0,"b":1,"ab":2,"a":5}"#), .malformedVocabulary,
      "are both 'a'")
    expect(JSONText.tokenizer(model: #","vocab":{}"#), .malformedTokenizer, "'vocab' twice")
    expect(JSONText.tokenizer(model: #","merges":[]"#), .malformedTokenizer, "'merges' twice")
    expect(JSONText.tokenizer(model: #","type":"BPE""#), .malformedTokenizer, "'type' twice")
    expect(
      JSONText.tokenizer(normalizer: #"{"type":"NFC","type":"NFD"}"#), .malformedTokenizer,
      "'type' twice")
  }

  @Test("Merges that are none are an error; those that go in a circle end")
  func merges() throws {
    for (merges, part) in [
      (#"["ab"]"#, "0 spaces"), (#"["a b c"]"#, "2 spaces"), (#"[["a"]]"#, "1 parts"),
      (#"[["a","b","c"]]"#, "3 parts"), ("[1]", "'1'"), ("{}", "'{'"),
    ] {
      expect(JSONText.tokenizer(merges: merges), .malformedTokenizer, part)
    }
    for merges in [#"["a c"]"#, #"[["a",""]]"#, #"[["","a"]]"#, #"["a "]"#, #"["日 a"]"#] {
      expect(JSONText.tokenizer(merges: merges), .malformedVocabulary, "merge 0")
    }
    // Each is made of the other, which no text can be.
    let circle = JSONText.tokenizer(
      vocabulary: #"{"a":0,"b":1,"ab":2,"aba":5,"abab":6}"#,
      merges: #"["ab a","a b","aba b","a ba","ab ab","a b"]"#)
    let tokenizer = try Tokenizer(Vocabulary(tokenizerJSON: circle))
    let text = String(repeating: "ab", count: 1000)
    #expect(try tokenizer.decode(tokenizer.encode(text), special: true) == Array(text.utf8))
  }

  @Test("What casthost does not do is refused by name")
  func unsupported() {
    let cases: [([UInt8], String)] = [
      (JSONText.tokenizer(normalizer: #"{"type":"NFKC"}"#), "the normalizer 'NFKC'"),
      (
        JSONText.tokenizer(
          normalizer: #"{"type":"Replace","pattern":{"Regex":" +"},"content":" "}"#), "a Replace"
      ),
      (
        JSONText.tokenizer(
          pre:
            #"{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},\#(JSONText.byteLevel)]}"#),
        "the pre-tokenizer 'Whitespace'"
      ),
      (JSONText.tokenizer(pre: "null"), "BPE of neither kind"),
      (
        JSONText.tokenizer(pre: #"{"type":"ByteLevel","add_prefix_space":true}"#),
        "add_prefix_space"
      ),
      (JSONText.tokenizer(post: #"{"type":"BertProcessing"}"#), "the post-processor"),
      (JSONText.tokenizer(decoder: #"{"type":"WordPiece"}"#), "the decoder 'WordPiece'"),
      (JSONText.tokenizer(model: #","dropout":0.1"#), "dropout"),
      (JSONText.tokenizer(model: #","end_of_word_suffix":"</w>""#), "'end_of_word_suffix'"),
      (
        JSONText.tokenizer(added: #"[{"id":3,"content":"x","single_word":true}]"#), "single words"
      ),
      (
        Array(#"{"model":{"type":"Unigram","vocab":[["a",-1.5]]}}"#.utf8), "the model 'Unigram'"
      ),
    ]
    for (json, part) in cases { expect(json, .unsupportedTokenizer, part) }
    expect(
      JSONText.tokenizer(
        pre: #"""
          {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?<=a)b"},
          "behavior":"Isolated","invert":false},\#(JSONText.byteLevel)]}
          """#), .unsupportedPattern, "'(?<=a)b'")
  }

  @Test("A missing byte of byte fallback is an error")
  func byteFallback() {
    expect(
      JSONText.tokenizer(pre: "null", model: #","byte_fallback":true"#), .malformedTokenizer,
      "no token for byte 0")
  }
}
