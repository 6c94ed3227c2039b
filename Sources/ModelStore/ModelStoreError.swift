import Foundation
import SystemPackage

/// Why a checkpoint could not be named, found or fetched.
public struct ModelStoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is; callers branch on this.
  public enum Code: String, Sendable {
    /// No registered model has that name and no file is there.
    case unknownModel
    /// The reference is of a kind that casthost cannot open yet.
    case unsupportedReference
    /// The model is registered or named by its place on the hub, but not in the cache.
    case notDownloaded
    /// `python3`, its pip or libcurl is missing.
    case toolMissing
    /// The package index or the hub could not be reached, or the connection broke.
    case unreachable
    /// The package index does not offer the package or that version of it.
    case packageMissing
    /// The hub gives the model to others only, or to nobody.
    case refused
    /// The download failed in another way.
    case downloadFailed
    /// What arrived is not the file that was expected.
    case mismatch
    /// The disk has no room.
    case diskFull
    /// A file is there, but cannot be read.
    case unreadable
    /// The cache folder cannot be made or written.
    case cacheUnusable
    /// The task was cancelled.
    case interrupted
  }

  /// What kind of failure it is.
  public let code: Code
  /// What happened, where, and what to do: one sentence or two.
  public let message: String
  /// What the layer below said, or nil.
  public let cause: String?

  /// The message.
  public var description: String { message }

  init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }
}

extension ModelStoreError {
  static let interrupted = ModelStoreError(
    .interrupted, "download: interrupted; nothing was left behind. Run the command again.")

  static let hubInterrupted = ModelStoreError(
    .interrupted, "download: interrupted. Run the command again, and it goes on from there.")

  /// The variable that moves a cache.
  enum CacheVariable: String {
    case own = "XDG_CACHE_HOME"
    case hub = "HF_HOME"
  }

  /// A full disk, told the same way wherever it shows.
  static func diskFull(
    _ folder: URL, detail: String = "", cause: String? = nil, for variable: CacheVariable = .own
  ) -> Self {
    ModelStoreError(
      .diskFull,
      "\(folder.path): the disk is full\(detail). "
        + "Free some space, or set \(variable.rawValue) to a folder on a disk with room.",
      cause: cause)
  }

  /// What an error while writing below a folder means.
  init(writing folder: URL, _ error: any Error, for variable: CacheVariable = .own) {
    if let code = error as? Errno, code == .noSpace || code == .diskQuotaExceeded {
      self = .diskFull(folder, cause: "\(code)", for: variable)
      return
    }
    self.init(
      .cacheUnusable,
      "\(folder.path): cannot be written (\(error)). "
        + "Set \(variable.rawValue) to a folder that you can write.")
  }
}
