import Foundation

/// Real checkpoints in the user's cache, where `casthost models pull` puts them.
public enum RealModel {
  /// SmolLM2-135M-Instruct Q4_1, the default model, or nil where it has not been fetched.
  public static let smolLM2 = path("smollm2-135m-instruct-q4_1")
  /// Qwen2.5-Coder-0.5B-Instruct Q4_K_M, or nil where it has not been fetched.
  public static let qwen = path("qwen2.5-coder-0.5b-instruct-q4_k_m")
  /// Gemma 3 270M Q4_K_M, or nil where it has not been fetched.
  public static let gemma = path("gemma-3-270m-q4_k_m")

  /// Finds a registered model's file in `$XDG_CACHE_HOME/casthost/models`.
  ///
  /// - Returns: The path, or nil where there is no such file.
  public static func path(_ name: String) -> String? {
    let environment = ProcessInfo.processInfo.environment
    let cache =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
      ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.cache"
    let path = "\(cache)/casthost/models/\(name).gguf"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
