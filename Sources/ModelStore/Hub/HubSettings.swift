public import Foundation

/// Where the hub is, and where its files are kept, as the variables say that Python's
/// `huggingface_hub` reads too.
public struct HubSettings: Sendable {
  /// The hub's address, without a slash at its end: `HF_ENDPOINT`.
  public let endpoint: String
  /// The folder of repositories: `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
  public let cache: URL
  /// Whether nothing may be fetched: `HF_HUB_OFFLINE`.
  public let isOffline: Bool
  private let givenToken: String?
  private let tokenFile: URL
  /// Seconds before the first repetition of a request that failed; each further wait is twice as
  /// long.
  var pause = 1.0
  /// Seconds to wait for a connection, and for the next byte.
  var patience: (connect: Int, stall: Int) = (30, 60)

  /// Reads the variables.
  ///
  /// - Parameter environment: The process's environment. `HF_HOME` counts before
  ///   `XDG_CACHE_HOME/huggingface`, and that before `HOME/.cache/huggingface`.
  public init(environment: [String: String]) {
    func value(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    let user = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = user ?? FileManager.default.homeDirectoryForCurrentUser.path
    func folder(_ path: String) -> URL {
      let whole = path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
      return URL(fileURLWithPath: whole, isDirectory: true)
    }
    var address = value("HF_ENDPOINT") ?? Self.standardEndpoint
    while address.hasSuffix("/") { address.removeLast() }
    endpoint = address
    let own = value("HF_HOME").map(folder)
    let shared = value("XDG_CACHE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    let place = own ?? folder(shared ?? home + "/.cache").appendingPathComponent("huggingface")
    cache =
      value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE").map(folder)
      ?? place.appendingPathComponent("hub", isDirectory: true)
    isOffline = ["1", "on", "yes", "true"]
      .contains(value("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")?.lowercased())
    givenToken = value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
    tokenFile =
      value("HF_TOKEN_PATH").map { folder($0) } ?? place.appendingPathComponent("token")
  }

  /// The hub's own address.
  static let standardEndpoint = "https://huggingface.co"

  /// The user's token, or nil: `HF_TOKEN`, else what the file `token` in `HF_HOME` holds.
  func token() -> String? {
    let text = givenToken ?? (try? String(contentsOf: tokenFile, encoding: .utf8)) ?? ""
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    // What cannot stand in a header is no token.
    return !token.isEmpty && token.utf8.allSatisfy { 0x21...0x7e ~= $0 } ? token : nil
  }
}
