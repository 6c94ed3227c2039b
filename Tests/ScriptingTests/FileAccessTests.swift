import Foundation
import Scripting
import Testing

/// A folder of its own for each test.
final class Playground {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "casthost-" + UUID().uuidString)
    for folder in ["recipe/lib", "data/inner", "secret"] {
      try FileManager.default.createDirectory(
        at: url.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    try write("secret", "secret/key.txt")
    try write("one\ntwo\r\n\nfour", "data/lines.txt")
    try write("beside", "recipe/beside.txt")
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ text: String, _ name: String) throws {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
  }

  func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
  }

  func run(
    _ source: String, change: (inout ScriptHost.Settings) -> Void = { _ in }
  ) throws
    -> ScriptRun
  {
    try write(source, "recipe/main.lua")
    let preamble = "local root = '\(url.path)'\n"
    return ScriptRun(preamble + source, recipe: path("recipe"), change: change)
  }
}

@Suite("Files of a recipe")
struct FileAccessTests {
  @Test("a recipe reads its own folder, and what is allowed, and nothing else")
  func reading() throws {
    let playground = try Playground()
    let source = """
      print(cast.read("beside.txt"), cast.read(root .. "/recipe/beside.txt"))
      print(cast.read("missing.txt"))
      print(pcall(cast.read, root .. "/data/lines.txt"))
      """
    let closed = try playground.run(source)
    let root = playground.url.path
    #expect(closed.lines[0] == "beside\tbeside")
    #expect(closed.lines[1].hasPrefix("nil\tmissing.txt: no such file"))
    #expect(
      closed.lines[2]
        == "false\trecipe.lua:4: \(root)/data/lines.txt: permission denied; allow it with --allow-read=\(root)/data"
    )
    let open = try playground.run(
      "for line in cast.lines(root .. '/data/lines.txt') do print(line) end"
    ) { $0.capabilities.readFolders = [playground.path("data")] }
    #expect(open.error == nil)
    #expect(open.lines == ["one", "two", "", "four"])
  }

  @Test("no path, link or kind of file leads out of an allowed folder")
  func escapes() throws {
    let playground = try Playground()
    try playground.link("data/out.txt", to: "../secret/key.txt")
    try playground.link("data/absolute.txt", to: playground.path("secret/key.txt"))
    try playground.link("data/folder", to: playground.path("secret"))
    try playground.link("data/inside.txt", to: "lines.txt")
    try FileManager.default.linkItem(
      atPath: playground.path("secret/key.txt"), toPath: playground.path("data/hard.txt"))
    #expect(mkfifo(playground.path("data/fifo"), 0o600) == 0)
    let run = try playground.run(
      """
      for _, path in ipairs{"/data/../secret/key.txt", "/secret/key.txt", "/data/out.txt",
        "/data/absolute.txt", "/data/folder/key.txt", "/data/hard.txt", "/data/fifo", "/data"} do
        local ok, text = pcall(cast.read, root .. path)
        print(path, ok or text:find("permission denied", 1, true) ~= nil and "denied" or text)
      end
      print(cast.read(root .. "/data/inside.txt") ~= nil)
      """
    ) { $0.capabilities.readFolders = [playground.path("data")] }
    #expect(run.error == nil)
    #expect(run.lines.count == 9)
    #expect(run.lines.dropLast().allSatisfy { $0.hasSuffix("\tdenied") }, "\(run.output)")
    #expect(run.lines.last == "true")
  }

  @Test("what no flag opens stays closed, and deny wins over allow")
  func closed() throws {
    let playground = try Playground()
    let run = try playground.run(
      """
      for _, path in ipairs{"/etc/passwd", "/proc/self/mem", "/proc/self/environ", "/dev/zero",
        "/sys/kernel/version", root .. "/secret/key.txt"} do
        local ok, text = pcall(cast.read, path)
        print(ok, tostring(text):match("%b()"))
      end
      print(cast.read(root .. "/data/lines.txt") ~= nil)
      """
    ) {
      $0.capabilities.readFolders = ["/"]
      $0.capabilities.deniedReadFolders = [playground.path("secret")]
    }
    #expect(
      run.lines == [
        "false\t(no flag opens /etc to a recipe)", "false\t(no flag opens /proc to a recipe)",
        "false\t(no flag opens /proc to a recipe)", "false\t(no flag opens /dev to a recipe)",
        "false\t(no flag opens /sys to a recipe)",
        "false\t(--deny-read=\(playground.path("secret")))", "true",
      ])
  }

  @Test("results go to the folder of --out, complete or not at all")
  func writing() throws {
    let playground = try Playground()
    let source = """
      local path = cast.out("sub/result.txt")
      print(path, cast.write(path, "first"))
      print(pcall(cast.write, path, "second"))
      print(pcall(cast.out, "../x"), pcall(cast.out, "/x"))
      print(pcall(cast.write, root .. "/recipe/main.lua", "gone"))
      """
    let run = try playground.run(source) {
      $0.capabilities.outFolder = playground.path("results")
    }
    let path = playground.path("results/sub/result.txt")
    #expect(run.error == nil)
    #expect(run.lines[0] == "\(path)\ttrue")
    #expect(
      run.lines[1]
        == "false\trecipe.lua:4: \(path): the file is there already; allow it with --force")
    #expect(run.lines[2].contains("leads out of the folder of --out"))
    #expect(run.lines[3].contains("permission denied; allow it with --allow-write="))
    #expect(playground.text("results/sub/result.txt") == "first")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: playground.path("results/sub"))
    #expect(names == ["result.txt"])
    let forced = try playground.run("cast.write(cast.out('sub/result.txt'), 'second')") {
      $0.capabilities.outFolder = playground.path("results")
      $0.capabilities.replacesFiles = true
    }
    #expect(forced.error == nil)
    #expect(playground.text("results/sub/result.txt") == "second")
  }

  @Test("links do not lead writing out of a folder")
  func writingThroughLinks() throws {
    let playground = try Playground()
    try playground.link("data/folder", to: playground.path("secret"))
    try playground.link("data/file.txt", to: playground.path("secret/key.txt"))
    let run = try playground.run(
      """
      for _, name in ipairs{"/data/folder/new.txt", "/data/file.txt", "/data/../secret/new.txt"} do
        print((pcall(cast.write, root .. name, "x")))
      end
      """
    ) {
      $0.capabilities.writeFolders = [playground.path("data")]
      $0.capabilities.replacesFiles = true
    }
    #expect(run.lines == ["false", "false", "false"])
    #expect(playground.text("secret/key.txt") == "secret")
  }

  @Test("files have limits in number and size")
  func limits() throws {
    let playground = try Playground()
    let run = try playground.run(
      """
      for i = 1, 4 do print(cast.write(cast.out("f" .. i), "x")) end
      print(cast.write(cast.out("large"), ("x"):rep(200)))
      print(cast.read(root .. "/data/large"))
      """
    ) {
      $0.capabilities.outFolder = playground.path("results")
      $0.capabilities.readFolders = [playground.path("data")]
      $0.limits.files = 3
      $0.limits.fileBytes = 100
      try? playground.write(String(repeating: "y", count: 200), "data/large")
    }
    #expect(run.lines.prefix(3).allSatisfy { $0 == "true" })
    #expect(run.lines[3].contains("too many files written (limit 3)"))
    #expect(run.lines[4].contains("too much for one file (200 bytes, limit 100)"))
    #expect(run.lines[5].contains("file too large (200 bytes, limit 100)"))
  }

  @Test("a recipe without the right to write is told the flags")
  func noOut() throws {
    let run = try Playground().run("cast.write('x.txt', 'y')")
    #expect(run.error?.code == .permission)
    #expect(run.error?.exitCode == 3)
    #expect(run.error?.message.contains("or --out=DIR") == true)
    #expect(try Playground().run("cast.out('x')").error?.code == .permission)
  }
}

@Suite("require")
struct ModuleFinderTests {
  @Test("modules lie beside the recipe or in a library, and run once")
  func finding() throws {
    let playground = try Playground()
    try playground.write("print('loading', ...) return {answer = 42}", "recipe/lib/tools.lua")
    try playground.write("return 'library'", "data/shared.lua")
    let run = try playground.run(
      """
      print(require("lib.tools").answer, require "lib.tools" == require "lib.tools")
      print(require "shared", require "cast" == cast)
      print(pcall(require, "lib.missing"))
      """
    ) { $0.libraryFolders = [playground.path("data")] }
    #expect(run.error == nil)
    #expect(run.lines[0...2] == ["loading\tlib.tools", "42\ttrue", "library\ttrue"])
    #expect(run.lines[3].contains("module 'lib.missing' not found (looked for lib/missing.lua in "))
  }

  @Test("an error in a module shows both places")
  func errors() throws {
    let playground = try Playground()
    try playground.write("local x = 1\nerror('bad module')", "recipe/bad.lua")
    try playground.write("return = 1", "recipe/syntax.lua")
    try playground.write("return require 'circle'", "recipe/circle.lua")
    let run = try playground.run("require 'bad'")
    #expect(run.error?.description == "bad.lua:2: bad module")
    #expect(run.error?.traceback == ["bad.lua:2: in main chunk", "recipe.lua:2: in main chunk"])
    let syntax = try playground.run("require 'syntax'").error
    #expect(syntax?.description == "syntax.lua:1: unexpected symbol near '='")
    let circle = try playground.run("require 'circle'").error
    #expect(circle?.message.hasPrefix("module 'circle' requires itself") == true)
  }

  @Test("a link out of the folder is refused")
  func links() throws {
    let playground = try Playground()
    try playground.write("return 1", "secret/evil.lua")
    try playground.link("recipe/evil.lua", to: "../secret/evil.lua")
    try playground.link("recipe/folder", to: "../secret")
    #expect(try playground.run("require 'evil'").error?.code == .permission)
    #expect(try playground.run("require 'folder.evil'").error?.code == .permission)
  }
}
