import Foundation
import TestSupport

@testable import ModelStore

/// A small model made of given pieces, and the stub that delivers them.
struct Sample {
  let pieces: [Data]
  let model: RegisteredModel

  /// - Parameters:
  ///   - pieces: What each wheel's member holds.
  ///   - registered: What the table believes the assembled file to be; the pieces joined, if nil.
  /// - Throws: What hashing that by way of a file throws.
  init(pieces: [Data], registered: Data? = nil) throws {
    self.pieces = pieces
    let whole = registered ?? pieces.reduce(Data(), +)
    let scratch = try ScratchFolder()
    let file = scratch.url.appendingPathComponent("whole")
    try whole.write(to: file)
    model = RegisteredModel(
      name: "sample-1m", architecture: "llama", quantization: "F32", licence: "CC0-1.0",
      byteCount: whole.count, sha256: try sha256(of: file),
      parts: pieces.indices.map { index in
        RegisteredModel.Part(
          package: "sample-part\(index + 1)", version: "1.2.3",
          member: "sample_part\(index + 1)/data/weights.bin",
          wheelByteCount: pieces[index].count)
      })
  }

  init(text: [String]) throws {
    try self.init(pieces: text.map { Data($0.utf8) })
  }

  /// A python3 whose pip runs the script.
  func stub(pip: String = PythonStub.delivers) throws -> PythonStub {
    try PythonStub(
      pip: pip,
      pieces: zip(model.parts, pieces)
        .map { part, content in
          (package: part.package, member: part.member, content: content)
        })
  }
}
