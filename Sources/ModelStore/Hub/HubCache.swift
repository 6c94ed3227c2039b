import Foundation
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A repository in the cache that Python's `huggingface_hub` uses too.
///
/// `models--owner--repo/blobs` has the contents under their hashes, `snapshots/COMMIT` the names as
/// links to them, and `refs` the commits of branches.
struct HubCache {
  /// The folder of all repositories.
  let root: URL
  private let repository: String

  init(_ root: URL, _ repository: String) {
    self.root = root
    self.repository = repository
  }

  private var folderName: String {
    "models--" + repository.split(separator: "/").joined(separator: "--")
  }
  /// The folder of the repository.
  var folder: URL { root.appendingPathComponent(folderName, isDirectory: true) }
  private var blobs: URL { folder.appendingPathComponent("blobs", isDirectory: true) }

  /// Where the content of that identity is, or would be.
  func blob(_ identity: HubIdentity) -> URL { blobs.appendingPathComponent(identity.name) }

  /// Where it is while it arrives; Python's tools go on from the same file.
  func incomplete(_ identity: HubIdentity) -> URL {
    blobs.appendingPathComponent(identity.name + ".incomplete")
  }

  /// The files of a commit.
  func snapshot(_ commit: String) -> URL {
    folder.appendingPathComponent("snapshots/\(commit)", isDirectory: true)
  }

  private func ref(_ revision: String) -> URL { folder.appendingPathComponent("refs/\(revision)") }

  // MARK: Finding

  /// The commit that a revision was when it was fetched last; nil where it is not here.
  func commit(of revision: String?) -> String? {
    let revision = revision ?? HubReference.standardRevision
    if HubReference.isCommit(revision) { return revision }
    let text = try? String(contentsOf: ref(revision), encoding: .utf8)
    let commit = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    return HubReference.isCommit(commit) ? commit : nil
  }

  /// Branches and tags that were fetched, in sorted order.
  var revisions: [String] {
    let refs = folder.appendingPathComponent("refs").path
    return ((try? FileManager.default.subpathsOfDirectory(atPath: refs)) ?? [])
      .filter { commit(of: $0) != nil }.sorted()
  }

  /// Commits with files here, in sorted order.
  var commits: [String] {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("snapshots").path)
    return (names ?? []).filter(HubReference.isCommit).sorted()
  }

  /// The files of a commit that are here, by path; a link to a content that is not here is none.
  func files(at commit: String) -> [String: HubFile] {
    let snapshot = snapshot(commit)
    var files: [String: HubFile] = [:]
    // Links are not followed, so this ends.
    for path in (try? FileManager.default.subpathsOfDirectory(atPath: snapshot.path)) ?? [] {
      var status = stat()
      guard stat(snapshot.appendingPathComponent(path).path, &status) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else { continue }
      files[path] = HubFile(path: path, size: Int(status.st_size))
    }
    return files
  }

  /// What a reference means among the files that are here: a GGUF file or a folder, and its size in
  /// bytes; nil where it is not here as a whole.
  ///
  /// - Throws: ``ModelStoreError`` with code `unsupportedReference` where several models are here.
  func locate(
    _ reference: HubReference
  ) throws(ModelStoreError) -> (url: URL, byteCount: Int)? {
    guard let commit = commit(of: reference.revision) else { return nil }
    let snapshot = snapshot(commit)
    var files = files(at: commit)
    var reference = reference
    if reference.file == nil,
      let choice = try? String(contentsOf: choice(at: commit), encoding: .utf8)
    {
      if choice == Self.wholeFolder {
        files = files.filter { !$0.key.hasSuffix(".gguf") }
      } else {
        reference = HubReference(
          repository: repository, revision: reference.revision, file: choice)
      }
    }
    let selection: HubSelection
    do {
      selection = try HubSelection(reference, among: files)
    } catch {
      // Without a choice, it is what is not here yet that is missing.
      let models = files.keys.count { $0.hasSuffix(".gguf") }
      guard error.code == .unsupportedReference, reference.file == nil, models > 1 else {
        return nil
      }
      throw error
    }
    func size(_ names: [String]) -> Int? {
      var total = 0
      for name in names {
        guard let size = files[name]?.size else { return nil }
        total += size
      }
      return total
    }
    switch selection {
    case .gguf(let parts):
      guard let size = size(parts) else { return nil }
      return (snapshot.appendingPathComponent(parts[0]), size)
    case .folder(var names, let index):
      if let index {
        let weights = try? Self.weights(
          of: snapshot.appendingPathComponent(index), reference, index)
        guard let weights else { return nil }
        names += [index] + weights
      }
      guard let size = size(names) else { return nil }
      return (snapshot, size)
    }
  }

  /// The files of weights that an index names, sorted.
  ///
  /// - Throws: ``ModelStoreError`` with code `mismatch` for one that names files elsewhere.
  static func weights(
    of url: URL, _ reference: HubReference, _ name: String
  ) throws(ModelStoreError) -> [String] {
    struct Index: Decodable {
      let weightMap: [String: String]
      enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
    }
    guard let data = try? Data(contentsOf: url),
      let index = try? JSONDecoder().decode(Index.self, from: data),
      case let files = Set(index.weightMap.values), !files.isEmpty,
      files.allSatisfy({ isPathInside($0) && !$0.contains("/") && $0.hasSuffix(".safetensors") })
    else {
      throw ModelStoreError(
        .mismatch,
        "\(reference): \(name) does not say in which files the weights are. Use another repository."
      )
    }
    return files.sorted()
  }

  // MARK: Adding

  /// Makes the folders that are needed.
  func prepare() throws(ModelStoreError) {
    for url in [blobs, locks] { try makeFolder(url, mode: 0o755, for: .hub) }
  }

  private var locks: URL { root.appendingPathComponent(".locks/\(folderName)", isDirectory: true) }

  /// Takes the lock on a content, if nobody has it; Python's tools heed the same lock.
  func lock(_ identity: HubIdentity) throws(ModelStoreError) -> FolderLock? {
    try FolderLock.attempt(
      at: locks.appendingPathComponent(identity.name + ".lock"), in: root, for: .hub)
  }

  /// Whether the content is here with that size.
  func holds(_ identity: HubIdentity, size: Int) -> Bool {
    var status = stat()
    return stat(blob(identity).path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && Int(status.st_size) == size
  }

  /// Gives a content the name of a file of a commit, where it does not have it.
  func add(_ file: String, _ identity: HubIdentity, at commit: String) throws(ModelStoreError) {
    let name = snapshot(commit).appendingPathComponent(file)
    try makeFolder(name.deletingLastPathComponent(), mode: 0o755, for: .hub)
    let depth = file.split(separator: "/").count + 1
    let target = String(repeating: "../", count: depth) + "blobs/" + identity.name
    var status = stat()
    if stat(name.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      (try? FileManager.default.destinationOfSymbolicLink(atPath: name.path)) == target
    {
      return
    }
    let fresh = Self.fresh(name.path)
    // File systems without symbolic links may have the others.
    guard symlink(target, fresh) == 0 || link(blob(identity).path, fresh) == 0,
      rename(fresh, name.path) == 0
    else {
      let reason = Errno(rawValue: errno)
      unlink(fresh)
      throw ModelStoreError(writing: root, reason, for: .hub)
    }
  }

  /// Notes which commit a revision is.
  func note(_ commit: String, for revision: String?) throws(ModelStoreError) {
    let revision = revision ?? HubReference.standardRevision
    guard !HubReference.isCommit(revision) else { return }
    try write(commit, to: ref(revision))
  }

  /// Notes what was chosen where a reference names no file.
  func note(choice selection: HubSelection, at commit: String) throws(ModelStoreError) {
    let text =
      switch selection {
      case .gguf(let parts): parts[0]
      case .folder: Self.wholeFolder
      }
    try write(text, to: choice(at: commit))
  }

  private func choice(at commit: String) -> URL {
    folder.appendingPathComponent(".casthost/\(commit)")
  }

  /// Stands for the safetensors of a repository among the names of files.
  private static let wholeFolder = "."

  private func write(_ text: String, to url: URL) throws(ModelStoreError) {
    if (try? String(contentsOf: url, encoding: .utf8)) == text { return }
    try makeFolder(url.deletingLastPathComponent(), mode: 0o755, for: .hub)
    let fresh = Self.fresh(url.path)
    do {
      let descriptor = try FileDescriptor.open(
        FilePath(fresh), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try descriptor.closeAfter { _ = try descriptor.writeAll(text.utf8) }
      guard rename(fresh, url.path) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      unlink(fresh)
      throw ModelStoreError(writing: root, error, for: .hub)
    }
  }

  /// A name beside a path that nobody has.
  private static func fresh(_ path: String) -> String {
    path + "." + String(UInt64.random(in: .min ... .max), radix: 36) + ".new"
  }
}
