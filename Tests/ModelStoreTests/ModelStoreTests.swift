import Foundation
import TestSupport
import Testing

@testable import ModelStore

@Suite("The store of models")
struct ModelStoreTests {
  @Test(
    "The cache is where the XDG base directory specification puts it",
    arguments: [
      (["XDG_CACHE_HOME": "/var/c", "HOME": "/home/a"], "/var/c/casthost/models"),
      (["HOME": "/home/a"], "/home/a/.cache/casthost/models"),
      (["XDG_CACHE_HOME": "", "HOME": "/home/a"], "/home/a/.cache/casthost/models"),
      (["XDG_CACHE_HOME": "relative", "HOME": "/home/a"], "/home/a/.cache/casthost/models"),
    ])
  func folder(environment: [String: String], path: String) {
    #expect(ModelStore(environment: environment).folder.path == path)
  }

  @Test("Without XDG_CACHE_HOME and HOME the account's home folder is used")
  func homeless() {
    #expect(ModelStore(environment: [:]).folder.path.hasSuffix("/.cache/casthost/models"))
  }

  @Test("A file of another size is not the model")
  func size() throws {
    let scratch = try ScratchFolder()
    let store = ModelStore(folder: scratch.url)
    let model = try Sample(text: ["whole"]).model
    #expect(!store.holds(model))
    try Data("whol".utf8).write(to: store.path(of: model))
    #expect(!store.holds(model))
    try Data("whole".utf8).write(to: store.path(of: model))
    #expect(store.holds(model))
  }

  @Test("A folder under the model's name is not the model")
  func folderInItsPlace() throws {
    let scratch = try ScratchFolder()
    let store = ModelStore(folder: scratch.url)
    let model = try Sample(text: ["whole"]).model
    try FileManager.default.createDirectory(
      at: store.path(of: model), withIntermediateDirectories: false)
    #expect(!store.holds(model))
  }

  @Test("A registered model that is not here names the command that fetches it")
  func notDownloaded() throws {
    let scratch = try ScratchFolder()
    let store = ModelStore(folder: scratch.url)
    let error = #expect(throws: ModelStoreError.self) {
      try store.locate("smollm2-135m-instruct")
    }
    #expect(error?.code == .notDownloaded)
    #expect(error?.message.contains("casthost models pull smollm2-135m-instruct") == true)
    #expect(scratch.contents().isEmpty)
  }

  @Test("A path leads to the file, to nothing, or to a folder, and each is told apart")
  func paths() throws {
    let scratch = try ScratchFolder()
    let store = ModelStore(folder: scratch.url)
    let file = scratch.url.appendingPathComponent("mine.gguf")
    let missing = #expect(throws: ModelStoreError.self) { try store.locate(file.path) }
    #expect(missing?.code == .unknownModel)
    #expect(missing?.message.hasPrefix("\(file.path): no such file.") == true)
    try Data("x".utf8).write(to: file)
    #expect(try store.locate(file.path).path == file.path)
    let folder = #expect(throws: ModelStoreError.self) { try store.locate(scratch.url.path) }
    #expect(folder?.code == .unsupportedReference)
  }
}
