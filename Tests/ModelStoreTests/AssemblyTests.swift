import Foundation
import TestSupport
import Testing

@testable import ModelStore

@Suite("Putting a file together")
struct AssemblyTests {
  private let scratch: ScratchFolder
  private let file: URL

  init() throws {
    scratch = try ScratchFolder()
    file = scratch.url.appendingPathComponent("whole")
  }

  private func append(_ text: String, to assembly: inout Assembly) throws {
    try Array(text.utf8).withUnsafeBytes { try assembly.append($0) }
  }

  @Test("Pieces are written in order, and the hash is that of the whole")
  func pieces() throws {
    var assembly = try Assembly(creating: file, in: scratch.url, limit: 3)
    try append("a", to: &assembly)
    try append("", to: &assembly)
    try append("bc", to: &assembly)
    #expect(
      try assembly.finish() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(assembly.byteCount == 3)
    #expect(try Data(contentsOf: file) == Data("abc".utf8))
  }

  @Test("Bytes past the limit are refused before they are written")
  func limit() throws {
    var assembly = try Assembly(creating: file, in: scratch.url, limit: 3)
    try append("ab", to: &assembly)
    var code: ModelStoreError.Code?
    do {
      try append("cd", to: &assembly)
    } catch let error as ModelStoreError {
      code = error.code
    }
    #expect(code == .mismatch)
    #expect(try Data(contentsOf: file) == Data("ab".utf8))
  }

  @Test("A file that is there already is not overwritten")
  func exists() throws {
    try Data("old".utf8).write(to: file)
    let error = #expect(throws: ModelStoreError.self) {
      _ = try Assembly(creating: file, in: scratch.url, limit: 3)
    }
    #expect(error?.code == .cacheUnusable)
    #expect(try Data(contentsOf: file) == Data("old".utf8))
  }
}
