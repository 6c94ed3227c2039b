import Foundation
import TestSupport
import Testing

@testable import APIReference

@Suite("Installing the declarations")
struct TypesInstallationTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test("both files are written, and a second time nothing is")
  func fresh() throws {
    let folder = try TemporaryFolder()
    let installation = TypesInstallation(folder: folder.file("recipes"))
    let first = try installation.install()
    #expect(first.types == .written)
    #expect(first.luarc == .written)
    #expect(try text(folder.file("recipes/types/cast.d.lua")) == API.current.text)
    let second = try installation.install()
    #expect(second.types == .upToDate)
    #expect(second.luarc == .upToDate)
  }

  @Test("the settings are JSON that names the library and Lua 5.4")
  func settings() throws {
    let value = try JSONSerialization.jsonObject(with: Data(TypesInstallation.settings.utf8))
    let settings = try #require(value as? [String: Any])
    #expect(settings["workspace.library"] as? [String] == ["types"])
    #expect(settings["runtime.version"] as? String == "Lua 5.4")
  }

  @Test("the declarations of another version are replaced, without a word to it")
  func older() throws {
    let folder = try TemporaryFolder()
    let installation = TypesInstallation(folder: folder.path)
    _ = try installation.install()
    try "---@meta cast\n-- older\n"
      .write(
        toFile: installation.declarations, atomically: true, encoding: .utf8)
    #expect(try installation.install().types == .replaced)
    #expect(try text(installation.declarations) == API.current.text)
  }

  @Test("a file of the user's is never overwritten unless that was asked for")
  func users() throws {
    let folder = try TemporaryFolder()
    let installation = TypesInstallation(folder: folder.path)
    _ = try installation.install()
    try "mine".write(toFile: installation.luarc, atomically: true, encoding: .utf8)
    #expect(try installation.install().luarc == .left(isComplete: false))
    try "{\"workspace.library\": [\"types\"]}"
      .write(
        toFile: installation.luarc, atomically: true, encoding: .utf8)
    #expect(try installation.install().luarc == .left(isComplete: true))
    try "mine".write(toFile: installation.declarations, atomically: true, encoding: .utf8)
    #expect(throws: APIError.self) { try installation.install() }
    #expect(try text(installation.declarations) == "mine")
    let forced = try TypesInstallation(folder: folder.path, replaces: true).install()
    #expect(forced.types == .replaced)
    #expect(forced.luarc == .replaced)
    #expect(try text(installation.luarc) == TypesInstallation.settings)
  }

  @Test("a folder that cannot be written is told by its path")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    try "x".write(toFile: folder.file("file"), atomically: true, encoding: .utf8)
    do {
      _ = try TypesInstallation(folder: folder.file("file")).install()
      Issue.record("written")
    } catch {
      #expect(error.code == .unwritable)
      #expect(error.message.contains("file/types/cast.d.lua"))
    }
  }
}
