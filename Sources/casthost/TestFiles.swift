import Foundation
import Scripting

/// What `casthost test` runs: a file of tests, or a recipe and what it should print.
enum TestFile: Equatable {
  case tests(String)
  case sample(String, expected: String)

  /// The path of the Lua file.
  var path: String {
    switch self {
    case .tests(let path), .sample(let path, _): path
    }
  }

  /// What files and folders contain, in the order in which they are named, folders sorted.
  ///
  /// - Throws: ``CommandFailure`` for a path where nothing is.
  static func all(in paths: [String]) throws -> [TestFile] {
    var found: [TestFile] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CommandFailure(
          .usage, "\(path): no such file or folder. Name a folder, or a file of tests.")
      }
      let files = isFolder.boolValue ? below(path) : [named(path)]
      found += files.filter { !found.contains($0) }
    }
    return found
  }

  /// A file that was named by itself is a sample, whether or not its output is there.
  private static func named(_ path: String) -> TestFile {
    TestLibrary.isTestFile(path) ? .tests(path) : .sample(path, expected: expected(of: path))
  }

  private static func below(_ folder: String) -> [TestFile] {
    let prefix = folder == "." ? "" : folder.hasSuffix("/") ? folder : folder + "/"
    let inside = FileManager.default.subpaths(atPath: folder) ?? []
    return inside.sorted()
      .filter { name in
        name.hasSuffix(".lua") && !name.split(separator: "/").contains { $0.hasPrefix(".") }
      }
      .map { named(prefix + $0) }
      .filter { file in
        guard case .sample(_, let expected) = file else { return true }
        return FileManager.default.fileExists(atPath: expected)
      }
  }

  private static func expected(of path: String) -> String {
    (path.hasSuffix(".lua") ? String(path.dropLast(4)) : path) + ".expected"
  }
}
