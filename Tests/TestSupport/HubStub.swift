public import Foundation

/// A model hub with one repository, as `huggingface.co` answers: it describes the repository, gives
/// small files itself and leads to another host for large ones.
public final class HubStub: Sendable {
  /// A file of the repository.
  public struct File: Sendable {
    let path: String
    let content: Data
    let sha256: String?
    let gitHash: String

    /// Describes a file.
    ///
    /// - Parameters:
    ///   - path: Its path in the repository.
    ///   - content: What is in it.
    ///   - sha256: SHA-256 that is announced of a large file; nil for a small one.
    ///   - gitHash: The hash that git has for a small file (for a large one, of what points to it).
    public init(path: String, content: Data, sha256: String?, gitHash: String) {
      self.path = path
      self.content = content
      self.sha256 = sha256
      self.gitHash = gitHash
    }
  }

  /// Changes an answer.
  public typealias Twist = @Sendable (HTTPStub.Request, HTTPStub.Answer) -> HTTPStub.Answer

  /// The commit that the repository is at.
  public static let commit = "0123456789abcdef0123456789abcdef01234567"

  /// The hub itself.
  public let hub: HTTPStub
  /// The host that has the large files.
  public let storage: HTTPStub

  /// Starts both hosts.
  ///
  /// - Parameters:
  ///   - repository: `owner/repo`.
  ///   - files: What it has.
  ///   - tells: Whether the description has sizes and hashes.
  ///   - twist: Changes what is answered, of either host.
  /// - Throws: Where there is no socket to be had.
  public init(
    _ repository: String, _ files: [File], tells: Bool = true,
    twist: @escaping Twist = { _, answer in answer }
  ) throws {
    let storage = try HTTPStub { request in
      let file = files.first { request.path == "/storage/\($0.sha256 ?? "")" }
      return twist(request, file.map { HubStub.part(of: $0, request) } ?? HTTPStub.Answer(404))
    }
    self.storage = storage
    let address = storage.address
    let description = HubStub.description(repository, files, tells: tells)
    hub = try HTTPStub { request in
      let resolve = "/\(repository)/resolve/\(HubStub.commit)/"
      let path = request.path.removingPercentEncoding ?? ""
      var answer = HTTPStub.Answer(404, ["X-Error-Code": "EntryNotFound"])
      if path.hasPrefix("/api/models/\(repository)/revision/") {
        answer = HTTPStub.Answer(200, ["Content-Type": "application/json"], body: description)
      } else if let file = files.first(where: {
        path == resolve + $0.path || path == "/\(repository)/resolve/main/\($0.path)"
      }) {
        answer = HubStub.answer(file, address)
      }
      return twist(request, answer)
    }
  }

  private static func answer(_ file: File, _ storage: String) -> HTTPStub.Answer {
    guard let sha256 = file.sha256 else {
      return HTTPStub.Answer(
        200, ["ETag": "\"\(file.gitHash)\"", "X-Repo-Commit": commit], body: file.content)
    }
    return HTTPStub.Answer(
      302,
      [
        "Location": "\(storage)/storage/\(sha256)", "X-Repo-Commit": commit,
        "X-Linked-Etag": "\"\(sha256)\"", "X-Linked-Size": String(file.content.count),
      ])
  }

  /// The file, or the part of it that a range asks for.
  private static func part(of file: File, _ request: HTTPStub.Request) -> HTTPStub.Answer {
    let tag = "\"stored\""
    let size = file.content.count
    let isSame = request.fields["if-range"].map { $0 == tag } ?? true
    guard isSame, let range = request.fields["range"], range.hasPrefix("bytes="),
      let first = Int(range.dropFirst(6).prefix { $0 != "-" })
    else { return HTTPStub.Answer(200, ["ETag": tag], body: file.content) }
    guard first < size else { return HTTPStub.Answer(416, ["Content-Range": "bytes */\(size)"]) }
    return HTTPStub.Answer(
      206, ["ETag": tag, "Content-Range": "bytes \(first)-\(size - 1)/\(size)"],
      body: file.content.dropFirst(first))
  }

  private static func description(
    _ repository: String, _ files: [File], tells: Bool
  ) -> Data {
    let siblings = files.map { file -> String in
      guard tells else { return "{\"rfilename\": \"\(file.path)\"}" }
      let large = file.sha256.map {
        ", \"lfs\": {\"sha256\": \"\($0)\", \"size\": \(file.content.count), \"pointerSize\": 134}"
      }
      return "{\"rfilename\": \"\(file.path)\", \"size\": \(file.content.count), "
        + "\"blobId\": \"\(file.gitHash)\"\(large ?? "")}"
    }
    return Data(
      """
      {"id": "\(repository)", "sha": "\(commit)", "private": false, "gated": false,
       "siblings": [\(siblings.joined(separator: ", "))]}
      """
      .utf8)
  }
}
