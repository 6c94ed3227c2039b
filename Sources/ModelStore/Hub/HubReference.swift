/// A model on the hub as a reference names it: `hf:owner/repo`, `hf:owner/repo:file.gguf`,
/// `hf:owner/repo@revision:file.gguf`.
public struct HubReference: Sendable, Hashable, CustomStringConvertible {
  /// What every such reference begins with.
  public static let prefix = "hf:"
  /// The branch that is meant where none is named.
  static let standardRevision = "main"

  /// `owner/repo`.
  public let repository: String
  /// A branch, a tag or a commit; nil for the branch `main`.
  public let revision: String?
  /// Path of a file in the repository; nil to take what there is.
  public let file: String?

  /// Reads a reference.
  ///
  /// - Throws: ``ModelStoreError`` with code `unsupportedReference` that says what was expected. No
  ///   part can lead out of a folder that it is appended to.
  public init(_ text: String) throws(ModelStoreError) {
    guard text.hasPrefix(Self.prefix) else { throw Self.malformed(text, "begin with hf:") }
    let parts = text.dropFirst(Self.prefix.count)
      .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let names = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let owners = names[0].split(separator: "/", omittingEmptySubsequences: false)
    guard owners.count == 2, owners.allSatisfy(Self.isName), !names[0].contains("--") else {
      throw Self.malformed(text, "owner and repository, each of letters, digits, '-', '_' and '.'")
    }
    repository = String(names[0])
    revision = names.count > 1 ? String(names[1]) : nil
    file = parts.count > 1 ? String(parts[1]) : nil
    if let revision, !isPathInside(revision) { throw Self.malformed(text, "a revision after '@'") }
    if let file, !isPathInside(file) { throw Self.malformed(text, "the path of a file after ':'") }
  }

  /// Names a file of a repository that was found in the cache.
  init(repository: String, revision: String?, file: String?) {
    self.repository = repository
    self.revision = revision
    self.file = file
  }

  /// The reference as it is written.
  public var description: String {
    Self.prefix + repository + (revision.map { "@" + $0 } ?? "") + (file.map { ":" + $0 } ?? "")
  }

  /// The repository's own name, without its owner.
  var name: String { repository.split(separator: "/").last.map(String.init) ?? repository }

  /// Whether a revision is the number of a commit, which never means anything else later.
  static func isCommit(_ revision: String) -> Bool {
    revision.utf8.count == 40 && isHexadecimal(revision)
  }

  private static func isName(_ text: Substring) -> Bool {
    let letters = text.utf8
    return (1...96).contains(letters.count) && !text.hasPrefix(".") && !text.hasPrefix("-")
      && !text.hasSuffix(".") && !text.hasSuffix("-") && !text.contains("..")
      && letters.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
  }

  private static func malformed(_ text: String, _ expected: String) -> ModelStoreError {
    ModelStoreError(
      .unsupportedReference,
      "\(text): not a reference to the hub (expected \(expected)). "
        + "Write hf:owner/repo, hf:owner/repo:file.gguf or hf:owner/repo@revision:file.gguf.")
  }
}

/// Whether a text is the path of something below a folder, without any way out of it.
func isPathInside(_ path: String) -> Bool {
  guard !path.isEmpty, path.utf8.count <= 1024 else { return false }
  let parts = path.split(separator: "/", omittingEmptySubsequences: false)
  return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
    && path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0 != "\\" }
}

/// Whether a text has lower-case hexadecimal digits alone.
func isHexadecimal(_ text: some StringProtocol) -> Bool {
  text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || 97...102 ~= $0 }
}

private func isLetterOrDigit(_ letter: UInt8) -> Bool {
  switch letter {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}
