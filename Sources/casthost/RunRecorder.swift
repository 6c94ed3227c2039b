import Foundation
import Kernels
import ModelStore
import Scripting

/// Notes what a run uses, for its manifest, and what it prints, for a lock.
///
/// Belongs to the thread of the script while that runs.
final class RunRecorder {
  private let settings: RunSettings
  private var files: [FileUse.Kind: Set<RunManifest.File>] = [:]
  private var models: [ModelDigest] = []
  private var hashes: [String: String] = [:]
  private let recipeFolder: String
  private let outFolder: String?
  /// Whether what the recipe prints is kept from standard output.
  var isQuiet = false
  /// What the recipe printed.
  private(set) var output: [UInt8] = []

  init(_ settings: RunSettings) {
    self.settings = settings
    func real(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
    outFolder = settings.permissions.out.map(real)
    var isFolder: ObjCBool = false
    let recipe = real(settings.recipe)
    _ = FileManager.default.fileExists(atPath: recipe, isDirectory: &isFolder)
    recipeFolder =
      isFolder.boolValue ? recipe : URL(fileURLWithPath: recipe).deletingLastPathComponent().path
  }

  /// Notes a file; the hash is that of the bytes which the recipe saw.
  func note(_ use: FileUse) {
    let hash =
      switch use.content {
      case .bytes(let bytes): sha256(of: bytes)
      case .opened(let path): (try? sha256(of: URL(fileURLWithPath: path))) ?? "unreadable"
      }
    files[use.kind, default: []].insert(.init(path: name(of: use.path), sha256: hash))
  }

  /// Notes a model that was opened.
  ///
  /// - Throws: Where its file cannot be read any more.
  func note(model reference: String, path: String) throws {
    guard !models.contains(where: { $0.reference == reference }) else { return }
    let digest = try ModelDigest(reference, path: path)
    hashes[path] = digest.sha256
    models.append(digest)
  }

  /// The SHA-256 of a model's file.
  ///
  /// - Throws: `ModelStoreError` where it cannot be read.
  func hash(ofModelAt path: String) throws -> String {
    if let known = hashes[path] { return known }
    let hash = try ModelDigest.hash(ofModelAt: path)
    hashes[path] = hash
    return hash
  }

  /// Notes a piece of standard output.
  func note(output text: String) { output += Array(text.utf8) }

  /// The manifest of the run, with what ended it.
  func manifest(_ error: (any Error)?) -> RunManifest {
    func sorted(_ kind: FileUse.Kind) -> [RunManifest.File] {
      files[kind, default: []].sorted { ($0.path, $0.sha256) < ($1.path, $1.sha256) }
    }
    return RunManifest(
      casthost: casthostVersion, platform: RunManifest.platform, kernels: Machine.kernels,
      threads: threadCount(settings.threads), arithmetic: settings.arithmetic.rawValue,
      context: settings.context, seed: settings.seed, options: settings.options,
      permissions: settings.permissions.flags,
      recipe: sorted(.recipe).first, modules: sorted(.module), models: models, read: sorted(.read),
      written: sorted(.written), error: error.map { ($0 as? LuaError)?.description ?? "\($0)" })
  }

  private func name(of path: String) -> String {
    if let outFolder, path.hasPrefix(outFolder + "/") {
      return "out:" + path.dropFirst(outFolder.count + 1)
    }
    let prefix = recipeFolder == "/" ? "/" : recipeFolder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }
}
