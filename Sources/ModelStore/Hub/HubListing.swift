import Foundation

/// A file of a repository.
struct HubFile: Hashable {
  /// Its path in the repository.
  let path: String
  /// Its size in bytes, where the hub says it.
  var size: Int?
  /// What its content must be.
  var identity: HubIdentity?
}

/// What names the content of a file, and its blob in the cache.
enum HubIdentity: Hashable {
  /// Of a large file: SHA-256.
  case sha256(String)
  /// Of a small file: the hash by which git knows it.
  case gitBlob(String)

  /// Reads a name as headers give it; nil for one that is neither.
  init?(_ tag: String?) {
    guard let tag, isHexadecimal(tag) else { return nil }
    switch tag.utf8.count {
    case 64: self = .sha256(tag)
    case 40: self = .gitBlob(tag)
    default: return nil
    }
  }

  /// In hexadecimal; the name of the blob.
  var name: String {
    switch self {
    case .sha256(let name), .gitBlob(let name): name
    }
  }
}

/// What the hub says of a repository at one commit.
struct HubListing {
  /// The commit, 40 hexadecimal digits.
  let commit: String
  /// Its files, by path.
  let files: [String: HubFile]

  private struct Answer: Decodable {
    struct Sibling: Decodable {
      struct Large: Decodable {
        let sha256: String?
        let size: Int?
      }
      let rfilename: String
      let size: Int?
      let blobId: String?
      let lfs: Large?
    }
    let sha: String
    let siblings: [Sibling]
  }

  /// Reads the hub's answer.
  ///
  /// - Throws: ``ModelStoreError`` with code `downloadFailed` for one that is none. Files whose path
  ///   would lead out of a folder are left out.
  init(_ json: [UInt8], _ reference: HubReference) throws(ModelStoreError) {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(json)),
      HubReference.isCommit(answer.sha)
    else {
      throw ModelStoreError(
        .downloadFailed,
        "\(reference): the answer does not describe a model of the hub. Check HF_ENDPOINT.")
    }
    commit = answer.sha
    let files = answer.siblings.filter { isPathInside($0.rfilename) }
      .map { sibling in
        HubFile(
          path: sibling.rfilename,
          size: (sibling.lfs?.size ?? sibling.size).flatMap { $0 >= 0 ? $0 : nil },
          identity: sibling.lfs.map { HubIdentity($0.sha256) } ?? HubIdentity(sibling.blobId))
      }
    self.files = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
  }

  /// The longest answer that is read, in bytes: some thousand files.
  static let longest = 16 << 20
}

/// Keeps the body of a response in memory.
final class MemorySink: HTTPSink {
  private let limit: Int
  private let reference: HubReference
  private(set) var bytes: [UInt8] = []

  init(limit: Int, _ reference: HubReference) {
    self.limit = limit
    self.reference = reference
  }

  func begin(_ head: HTTPHead) { bytes = [] }

  func append(_ more: UnsafeRawBufferPointer) throws(ModelStoreError) {
    guard more.count <= limit - bytes.count else {
      throw ModelStoreError(
        .downloadFailed,
        "\(reference): the hub's description is too long (expected at most \(limit) bytes). "
          + "Check HF_ENDPOINT.")
    }
    bytes += more
  }
}

extension HubClient {
  /// Asks what the repository has at the reference's revision.
  func listing() throws(ModelStoreError) -> HubListing {
    let sink = MemorySink(limit: HubListing.longest, reference)
    _ = try patiently { () throws(HubFault) in try get(description, to: sink) }
    return try HubListing(sink.bytes, reference)
  }

  /// Asks for the size and identity of a file that the listing does not tell.
  func completed(_ file: HubFile, at commit: String) throws(ModelStoreError) -> HubFile {
    guard file.size == nil || file.identity == nil else { return file }
    let sink = MemorySink(limit: 0, reference)
    let url = address(of: file.path, at: commit)
    let head = try patiently { () throws(HubFault) in
      // The hub tells them as it leads to where the file is, which may take no such request.
      try get(url, isHead: true, to: sink) { head throws(ModelStoreError) in
        head.fields["x-linked-etag"] == nil
      }
    }
    var whole = file
    whole.size = file.size ?? head.number("x-linked-size") ?? head.number("content-length")
    whole.identity = file.identity ?? HubIdentity(head.tag("x-linked-etag") ?? head.tag("etag"))
    guard whole.size != nil, whole.identity != nil else {
      throw ModelStoreError(
        .downloadFailed,
        "\(reference): the hub does not tell the size and the hash of \(file.path), so it cannot "
          + "be checked. Check HF_ENDPOINT.")
    }
    return whole
  }
}
