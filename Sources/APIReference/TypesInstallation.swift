import Foundation

/// Puts the declarations beside recipes, where the Lua language server finds them.
///
/// Two files: `types/cast.d.lua`, this program's own, and `.luarc.json`, the settings of the folder.
public struct TypesInstallation: Sendable {
  /// The folder of the recipes.
  public let folder: String
  /// Whether files that are not this program's are replaced.
  public let replaces: Bool

  /// What happened to a file.
  public enum Outcome: Sendable, Hashable {
    /// It was not there.
    case written
    /// It was there, of another version or with `replaces`.
    case replaced
    /// It was there and is what it should be.
    case upToDate
    /// It is the user's own and was left alone; what it says already names `types`, or does not.
    case left(isComplete: Bool)
  }

  /// The settings that are written: Lua 5.4 as the sandbox has it, and where the declarations are.
  public static let settings = """
    {
      "runtime.version": "Lua 5.4",
      "runtime.path": ["?.lua"],
      "runtime.builtin": {
        "io": "disable",
        "package": "disable",
        "jit": "disable",
        "ffi": "disable",
        "bit": "disable"
      },
      "workspace.library": ["types"],
      "diagnostics.severity": { "undefined-global": "Error!" }
    }

    """

  /// Names the folder.
  public init(folder: String, replaces: Bool = false) {
    self.folder = folder
    self.replaces = replaces
  }

  /// The path of the declarations.
  public var declarations: String { path("types/cast.d.lua") }
  /// The path of the settings.
  public var luarc: String { path(".luarc.json") }

  private func path(_ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// Writes both files; folders are made.
  ///
  /// - Returns: What happened to the declarations and to the settings.
  /// - Throws: ``APIError`` with code `fileInTheWay` where `types/cast.d.lua` is not this program's
  ///   and may not be replaced (nothing is written then); `unwritable` where writing fails.
  public func install(_ api: API = .current) throws(APIError) -> (types: Outcome, luarc: Outcome) {
    let types = try plan(api)
    if types != .upToDate { try write(api.text, declarations) }
    guard let present = try? String(contentsOfFile: luarc, encoding: .utf8) else {
      if FileManager.default.fileExists(atPath: luarc), !replaces {
        return (types, .left(isComplete: false))
      }
      try write(TypesInstallation.settings, luarc)
      return (types, .written)
    }
    if present == TypesInstallation.settings { return (types, .upToDate) }
    guard replaces else { return (types, .left(isComplete: present.contains("\"types\""))) }
    try write(TypesInstallation.settings, luarc)
    return (types, .replaced)
  }

  private func plan(_ api: API) throws(APIError) -> Outcome {
    guard FileManager.default.fileExists(atPath: declarations) else { return .written }
    let present = try? String(contentsOfFile: declarations, encoding: .utf8)
    if present == api.text { return .upToDate }
    // Every version of the file begins alike.
    guard replaces || present?.hasPrefix("---@meta cast\n") == true else {
      throw APIError(
        .fileInTheWay,
        "\(declarations): is there already and not casthost's. Move it, or replace it with --force."
      )
    }
    return .replaced
  }

  private func write(_ text: String, _ path: String) throws(APIError) {
    let url = URL(fileURLWithPath: path)
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
      throw APIError(
        .unwritable, "\(path): cannot be written. Name a folder that you can write.")
    }
  }
}
