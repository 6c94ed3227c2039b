import Checkpoint
import Foundation
import TestSupport
import Tokens

extension Vocabulary {
  /// The vocabulary of a GGUF file.
  init(_ file: GGUF) throws {
    let key = "tokenizer.ggml."
    let metadata = file.metadata
    let model: Model =
      try metadata.string(key + "model") == "llama"
      ? .sentencePiece
      : .bytePair(PreTokenizer(named: metadata.optionalString(key + "pre")))
    self.init(
      model: model, pieces: PieceTable(try metadata.optionalStrings(key + "tokens")),
      kinds: (try metadata.optionalIntegers(key + "token_type") ?? []).map {
        UInt8(exactly: $0).flatMap(Kind.init(rawValue:)) ?? .undefined
      },
      scores: try metadata.optionalFloats(key + "scores") ?? [],
      merges: PieceTable(try metadata.optionalStrings(key + "merges")))
    func id(_ name: String) throws -> Int32? {
      try metadata.optionalInt("\(key)\(name)_token_id").flatMap { Int32(exactly: $0) }
    }
    (bos, eos, eot) = (try id("bos"), try id("eos"), try id("eot"))
    (unknown, padding) = (try id("unknown"), try id("padding"))
    addsBOS = try metadata.optionalBool(key + "add_bos_token") ?? addsBOS
    addsEOS = try metadata.optionalBool(key + "add_eos_token") ?? addsEOS
    addsSpacePrefix = try metadata.optionalBool(key + "add_space_prefix") ?? addsSpacePrefix
  }
}

extension PieceTable {
  /// The strings of a GGUF file; none if the key is missing.
  init(_ strings: ByteStrings?) {
    guard let strings else {
      self.init()
      return
    }
    self.init(reserving: strings.count, byteCount: 10 * strings.count)
    for index in 0..<strings.count { append(strings[index]) }
  }
}
