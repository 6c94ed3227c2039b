import Checkpoint
import Foundation

/// A run to be repeated: its manifest and what it printed.
struct RunLock: Codable {
  /// Where the recipe lies, relative to the lock's own folder, or absolute.
  var recipe: String
  /// The model as the command line named it; nil for the default model.
  var model: String?
  var manifest: RunManifest
  /// SHA-256 of standard output.
  var outputHash: String
  /// Standard output, line by line; the numbers in it are what a tolerance is about.
  var output: [String]

  /// The largest output that a lock holds, in bytes.
  static let largestOutput = 1 << 20

  /// Reads a lock.
  ///
  /// - Throws: ``CommandFailure`` where there is none, or it is damaged.
  init(path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw CommandFailure(
        .usage, "\(path): cannot be read. Name a lock that casthost lock has written.")
    }
    do {
      self = try JSONDecoder().decode(RunLock.self, from: data)
    } catch {
      throw CommandFailure(
        .failure,
        "\(path): not a lock of this casthost (JSON with recipe, manifest and output expected). "
          + "Make a new one with casthost lock.")
    }
  }

  init(
    recipe: String, model: String?, manifest: RunManifest, outputHash: String, output: [UInt8]
  ) {
    self.recipe = recipe
    self.model = model
    self.manifest = manifest
    self.outputHash = outputHash
    self.output = Self.lines(output)
  }

  /// The lines of a text; a last line without an end is one too.
  static func lines(_ output: [UInt8]) -> [String] {
    var lines = String(decoding: output, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// How one manifest differs from another, in sentences.
struct ManifestDifference {
  let pinned: RunManifest
  let found: RunManifest

  /// What has to be equal for the lock to hold: whatever goes into the run and comes out of it.
  var breaches: [String] {
    var sentences: [String] = []
    func compare(_ what: String, _ old: String?, _ new: String?) {
      guard old != new else { return }
      sentences.append("\(what) differs (locked \(short(old)), found \(short(new))).")
    }
    compare("recipe \(pinned.recipe?.path ?? "")", pinned.recipe?.sha256, found.recipe?.sha256)
    sentences += files("module", pinned.modules, found.modules)
    for index in 0..<max(pinned.models.count, found.models.count) {
      let old = index < pinned.models.count ? pinned.models[index] : nil
      let new = index < found.models.count ? found.models[index] : nil
      let name = "model \(old?.reference ?? new?.reference ?? "")"
      compare(name, old?.sha256, new?.sha256)
      compare("\(name): tokenizer", old?.tokenizer, new?.tokenizer)
      compare("\(name): chat template", old?.chatTemplate, new?.chatTemplate)
    }
    sentences += files("file read,", pinned.read, found.read)
    sentences += files("file written,", pinned.written, found.written)
    return sentences
  }

  /// What may differ, and may be why the output does.
  var remarks: [String] {
    [
      ("casthost", pinned.casthost, found.casthost),
      ("platform", pinned.platform, found.platform),
      ("kernels", pinned.kernels, found.kernels),
    ]
    .filter { $0.1 != $0.2 }
    .map { "note: \($0.0) was \($0.1) when the run was locked, is \($0.2) now." }
  }

  private func files(
    _ kind: String, _ old: [RunManifest.File], _ new: [RunManifest.File]
  ) -> [String] {
    let now = Dictionary(new.map { ($0.path, $0.sha256) }) { first, _ in first }
    let before = Set(old.map(\.path))
    return old.filter { now[$0.path] != $0.sha256 }
      .map {
        now[$0.path] == nil
          ? "\(kind) \($0.path): not used any more."
          : "\(kind) \($0.path) differs (locked \(short($0.sha256)), found \(short(now[$0.path])))."
      } + new.filter { !before.contains($0.path) }.map { "\(kind) \($0.path): not in the lock." }
  }

  private func short(_ hash: String?) -> String { hash.map { String($0.prefix(12)) } ?? "nothing" }
}
