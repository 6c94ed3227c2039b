import Checkpoint
import Engine
import JSON
import TestSupport
import Tokens

extension Fuzzer {
  /// `tokenizer.json`.
  static let tokenizer = Fuzzer(
    "tokenizer", rounds: 120, seeds: pipelines + small,
    words: [
      "{", "}", "[", "]", ",", "9223372036854775808", "-1", "1e400", "null", "\"\"", "{}", "[]",
      "true", "\\ud800", "\"Regex\":\"(a?)*\"", "\"Regex\":\"(?:a{1,9}){1,9}\"", "\"a b\",", "0,",
      "\"ab a\",\"a ba\",", "[\"a\",\"b\"],", "\"ignore_merges\":true,", "\"byte_fallback\":true,",
      "\"normalized\":true,", "\"lstrip\":true,", "\"String\":\"\u{2581}\"", "\u{2581}", "Ġ",
    ]
  ) { json in try use(Tokenizer(Vocabulary(tokenizerJSON: json))) }

  /// `tokenizer_config.json`.
  static let tokenizerConfiguration = Fuzzer(
    "tokenizer-config", rounds: 400,
    seeds: [
      Array(
        #"""
        {"bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false},"add_bos_token":true,
        "added_tokens_decoder":{"0":{"content":"<s>","special":true}},"chat_template":
        [{"name":"default","template":"x"}],"tokenizer_class":"LlamaTokenizer",
        "model_max_length":1e30}
        """#
        .utf8)
    ],
    words: ["\"9\":{\"content\":\"x\"},", "9223372036854775807", "null", "NaN", "\"\"", "{}", "-1"]
  ) { json in
    let configuration = try TokenizerConfiguration(json: json)
    let vocabulary = try Vocabulary(tokenizerJSON: small[0], configuration: configuration)
    try use(Tokenizer(vocabulary))
  }

  /// The tokenizer in the metadata of GGUF.
  static let vocabulary = Fuzzer(
    "vocabulary", rounds: 400, seeds: [bytePairs, sentencePieces].map { $0.encoded() },
    words: [
      "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.merges", "llama", "gpt2",
      "phi3", "a b", "ab a", "qwen2", "<0x0A>", "\u{0}\u{0}\u{0}\u{0}",
    ]
  ) { bytes in
    try use(Tokenizer(checkpoint: FuzzedFile.write(bytes, "vocabulary.gguf", in: folder.get())))
  }

  private static let folder = Result { try TemporaryFolder() }

  // MARK: Seeds

  /// The files of which `Tests/Golden` has ids.
  private static let pipelines: [[UInt8]] = {
    let json = try? JSONValue(parsing: recorded("tokenizers.json"), .python)
    return (json?.array ?? []).compactMap { $0["tokenizer"]?.string.map { Array($0.utf8) } }
  }()

  private static let small: [[UInt8]] = [
    """
    {"version":"1.0","added_tokens":[{"id":3,"content":"<s>","special":true}],"normalizer":null,
    "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
    "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},
    {"Sequence":{"id":"A"}}]},"decoder":{"type":"ByteLevel"},
    "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"aba":5,"abab":6},
    "merges":["a b","ab a","ab ab"]}}
    """,
    """
    {"added_tokens":[],"pre_tokenizer":{"type":"ByteLevel"},
    "model":{"vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}}
    """,
  ]
  .map { Array($0.utf8) }

  private static let bytePairs: GGUFWriter = {
    var writer = GGUFWriter()
    writer.set("general.name", "Phi-3")
    writer.set("tokenizer.ggml.model", "gpt2")
    writer.set("tokenizer.ggml.pre", "smollm")
    writer.set(
      "tokenizer.ggml.tokens",
      ["<|endoftext|>", "<|im_end|>", "a", "b", "ab", "Ġ", "Ġa", "t", "h", "e", "th", "the"])
    writer.set("tokenizer.ggml.token_type", [Int32(3), 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    writer.set("tokenizer.ggml.merges", ["a b", "Ġ a", "t h", "th e"])
    writer.set("tokenizer.ggml.bos_token_id", UInt32(0))
    writer.set("tokenizer.ggml.eos_token_id", UInt32(1))
    writer.set("tokenizer.ggml.add_bos_token", true)
    return writer
  }()

  private static let sentencePieces: GGUFWriter = {
    var writer = GGUFWriter()
    let bytes = (0..<256)
      .map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(byte < 16 ? "0" : "")\(digits)>"
      }
    let pieces = ["▁", "a", "b", "ab", "▁a", "t", "h", "e", "th", "the", "▁the"]
    writer.set("tokenizer.ggml.model", "llama")
    writer.set("tokenizer.ggml.tokens", ["<unk>", "<s>", "</s>"] + bytes + pieces)
    writer.set(
      "tokenizer.ggml.scores",
      [Float](repeating: 0, count: 259) + pieces.indices.map { -Float($0) })
    writer.set(
      "tokenizer.ggml.token_type",
      [Int32(2), 3, 3] + [Int32](repeating: 6, count: 256) + pieces.map { _ in Int32(1) })
    writer.set("tokenizer.ggml.bos_token_id", UInt32(1))
    writer.set("tokenizer.ggml.unknown_token_id", UInt32(0))
    writer.set("tokenizer.ggml.add_space_prefix", true)
    return writer
  }()

  // MARK: Use

  /// Ids there are, for texts that may be refused one by one.
  private static func use(_ tokenizer: Tokenizer) throws {
    let texts = [
      "the hello  12345's\n<s>日 é\u{301} camelCase//", String(repeating: "ab", count: 300),
      "<|im_end|>", "",
    ]
    for text in texts {
      do {
        let ids = try tokenizer.encode(text, special: true, addBOS: true)
        let isThere = ids.allSatisfy { $0 >= 0 && Int($0) < tokenizer.count }
        try FuzzFinding.unless(isThere, "ids \(ids) of \(tokenizer.count) tokens")
        _ = try tokenizer.decode(ids, special: false)
      } catch let error as TokenError {
        try FuzzFinding.unless(!error.message.isEmpty, "an error without words")
      }
    }
  }
}
