import Foundation
import TestSupport
import Testing
import Tokens

@Suite("Tokenizers of Hugging Face")
struct TokenizerJSONTests {
  /// A pipeline of `tokenizers.json`, and the ids of texts by the tokenizers package.
  struct Pipeline: Decodable, Sendable, CustomTestStringConvertible {
    struct Case: Decodable, Sendable {
      let text: String
      let ids: [Int32]
      let plain: [Int32]
    }
    let name: String
    let tokenizer: String
    let cases: [Case]
    var testDescription: String { name }
  }

  static let pipelines =
    (try? Golden.recorded("tokenizers.json", as: [Pipeline].self)) ?? []

  @Test("All recorded pipelines are there")
  func recorded() {
    #expect(TokenizerJSONTests.pipelines.count == 14)
    #expect(TokenizerJSONTests.pipelines.allSatisfy { $0.cases.count == 57 })
  }

  @Test(
    "Ids are those of the tokenizers package, with special tokens and with text that looks like them",
    arguments: pipelines)
  func golden(_ pipeline: Pipeline) throws {
    let tokenizer = try Tokenizer(Vocabulary(tokenizerJSON: Array(pipeline.tokenizer.utf8)))
    for one in pipeline.cases {
      let text = one.text.debugDescription
      #expect(try tokenizer.encode(one.text) == one.ids, "\(text)")
      #expect(try tokenizer.encode(one.text, special: false) == one.plain, "\(text)")
    }
  }

  @Test("Text comes back as it was, or in NFC where the pipeline composes it", arguments: pipelines)
  func roundTrip(_ pipeline: Pipeline) throws {
    let tokenizer = try Tokenizer(Vocabulary(tokenizerJSON: Array(pipeline.tokenizer.utf8)))
    let composes = pipeline.tokenizer.contains("NFC")
    for text in DetokenizingTests.randomTexts(60, seed: 5) {
      // A Metaspace does not tell a space before the text from the one that it adds.
      guard !text.unicodeScalars.contains("\u{2581}"), !text.hasPrefix(" ") else { continue }
      let expected = composes ? text.precomposedStringWithCanonicalMapping : text
      let ids = try tokenizer.encode(text, special: false)
      let back = try tokenizer.decode(ids, special: false)
      #expect(back == Array(expected.utf8), "\(text.debugDescription)")
    }
  }

  struct Expected: Decodable {
    struct Case: Decodable {
      let text: String
      let ids: [Int32]
    }
    let cases: [Case]
  }

  @Test(
    "The tiny checkpoints' tokenizers give the ids that Transformers gave",
    .enabled(if: Fixture.shared("golden/tiny/llama/tokenizer.json") != nil, "needs ../shared"),
    arguments: ["llama", "gemma2", "qwen3", "gpt_neox"])
  func tiny(_ family: String) throws {
    func bytes(_ name: String) throws -> [UInt8] {
      let path = try #require(Fixture.shared("golden/tiny/\(family)/\(name)"))
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    let configuration = try TokenizerConfiguration(json: bytes("tokenizer_config.json"))
    let tokenizer = try Tokenizer(
      Vocabulary(tokenizerJSON: bytes("tokenizer.json"), configuration: configuration))
    #expect(tokenizer.count == 384)
    #expect(tokenizer.bos == 0 && tokenizer.eos == 2 && !tokenizer.addsBOS)
    let expected = try JSONDecoder().decode(Expected.self, from: Data(bytes("expected.json")))
    #expect(!expected.cases.isEmpty)
    for one in expected.cases { #expect(try tokenizer.encode(one.text) == one.ids) }
  }

  // MARK: Around a text

  @Test("BOS and EOS come from the template, or from the configuration of a class that heeds it")
  func around() throws {
    let template = #"""
      {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},
      {"Sequence":{"id":"A","type_id":0}}]}
      """#
    func vocabulary(_ post: String, _ configuration: String?) throws -> Vocabulary {
      try Vocabulary(
        tokenizerJSON: JSONText.tokenizer(post: post),
        configuration: configuration.map { try TokenizerConfiguration(json: Array($0.utf8)) })
    }
    let plain = try vocabulary("null", nil)
    #expect(plain.bos == nil && !plain.addsBOS)
    let templated = try vocabulary(template, nil)
    #expect(templated.bos == 3 && templated.addsBOS && !templated.addsEOS)
    let names = #""bos_token":"<s>","eos_token":{"content":"</s>"}"#
    let other = try vocabulary(
      "null", "{\(names),\"tokenizer_class\":\"X\",\"add_bos_token\":true}")
    #expect(other.bos == 3 && other.eos == 4 && !other.addsBOS)
    let llama = try vocabulary("null", "{\(names),\"tokenizer_class\":\"LlamaTokenizerFast\"}")
    #expect(llama.addsBOS && !llama.addsEOS)
    let without = try vocabulary(
      template, "{\(names),\"tokenizer_class\":\"LlamaTokenizer\",\"add_bos_token\":false}")
    #expect(!without.addsBOS)
  }

  @Test("The configuration's chat templates are kept by name")
  func templates() throws {
    let one = try TokenizerConfiguration(json: Array(#"{"chat_template":"a"}"#.utf8))
    #expect(one.chatTemplates == ["default": "a"])
    let two = try TokenizerConfiguration(
      json: Array(
        #"{"chat_template":[{"name":"default","template":"a"},{"name":"tool_use","template":"b"}]}"#
          .utf8))
    #expect(two.chatTemplates == ["default": "a", "tool_use": "b"])
  }

  @Test("A token that only the configuration knows is added")
  func addedByConfiguration() throws {
    let configuration = try TokenizerConfiguration(
      json: Array(
        #"{"added_tokens_decoder":{"7":{"content":"<new>","special":true}},"bos_token":"<new>"}"#
          .utf8))
    let vocabulary = try Vocabulary(
      tokenizerJSON: JSONText.tokenizer(), configuration: configuration)
    #expect(vocabulary.count == 8 && vocabulary.bos == 7)
    let tokenizer = try Tokenizer(vocabulary)
    #expect(try tokenizer.encode("ab<new>") == [2, 7])
    #expect(tokenizer.piece(5) == [] && tokenizer.piece(6) == [])
  }
}

/// Texts of `tokenizer.json`, one part exchanged.
enum JSONText {
  static let byteLevel =
    #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}"#

  /// Tokens a, b, ab, `<s>` and `</s>`, byte-level.
  static func tokenizer(
    vocabulary: String = #"{"a":0,"b":1,"ab":2}"#, merges: String = #"["a b"]"#,
    added: String = """
    [{"id":3,"content":"<s>","special":true},{"id":4,"content":"</s>","special":true}]
    """, normalizer: String = "null", pre: String = byteLevel, post: String = "null",
    decoder: String = "null", model: String = ""
  ) -> [UInt8] {
    Array(
      """
      {"version":"1.0","added_tokens":\(added),"normalizer":\(normalizer),"pre_tokenizer":\(pre),
      "post_processor":\(post),"decoder":\(decoder),
      "model":{"type":"BPE"\(model),"vocab":\(vocabulary),"merges":\(merges)}}
      """
      .utf8)
  }
}
