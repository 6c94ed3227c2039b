public import Foundation

/// The folders of fetched checkpoints: `$XDG_CACHE_HOME/casthost/models` with one file per registered
/// model, and the cache of the hub.
///
/// A file appears in them whole and checked, or not at all.
public struct ModelStore: Sendable {
  /// The folder; it need not exist.
  public let folder: URL
  /// The Python interpreter that fetches packages: a name to look up in `PATH`, or a path.
  let interpreter: String
  /// Where the models of the hub are.
  public let hub: HubSettings

  /// Names the folder of a store, which need not exist.
  public init(folder: URL, hub: HubSettings = HubSettings(environment: [:])) {
    self.init(folder: folder, interpreter: "python3", hub: hub)
  }

  init(folder: URL, interpreter: String, hub: HubSettings = HubSettings(environment: [:])) {
    self.folder = folder
    self.interpreter = interpreter
    self.hub = hub
  }

  /// The store of a user.
  ///
  /// - Parameter environment: The process's environment. As the XDG base directory specification
  ///   has it, `XDG_CACHE_HOME` counts where it is an absolute path; else `HOME/.cache` is used.
  public init(environment: [String: String]) {
    let cache: URL
    if let named = environment["XDG_CACHE_HOME"], named.hasPrefix("/") {
      cache = URL(fileURLWithPath: named, isDirectory: true)
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      cache = URL(fileURLWithPath: home, isDirectory: true).appendingPathComponent(".cache")
    } else {
      cache = FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache")
    }
    self.init(
      folder: cache.appendingPathComponent("casthost/models", isDirectory: true),
      hub: HubSettings(environment: environment))
  }

  /// Where the model is, or would be.
  public func path(of model: RegisteredModel) -> URL {
    folder.appendingPathComponent(model.fileName, isDirectory: false)
  }

  /// Whether the model is in the cache, judged by its size; ``pull(_:progress:)`` checks the hash.
  public func holds(_ model: RegisteredModel) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path(of: model).path)
    guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular else {
      return false
    }
    return (attributes[.size] as? NSNumber)?.intValue == model.byteCount
  }

  /// Finds the file behind a reference; fetches nothing.
  ///
  /// - Parameter reference: A registered name, a place on the hub (`hf:…`), or the path of a GGUF
  ///   file or a model folder.
  /// - Returns: The file or folder, which was there when this looked.
  /// - Throws: ``ModelStoreError`` with code `unknownModel`, `unsupportedReference`, or
  ///   `notDownloaded`, whose message names the command that fetches the model.
  public func locate(_ reference: String) throws(ModelStoreError) -> URL {
    switch try ModelReference(reference) {
    case .registered(let model):
      guard holds(model) else {
        throw ModelStoreError(
          .notDownloaded,
          "\(model.name): not downloaded yet (\(ByteCount(model.byteCount))). "
            + "Run: casthost models pull \(model.name)")
      }
      return path(of: model)
    case .hub(let place):
      guard let here = try HubCache(hub.cache, place.repository).locate(place) else {
        throw ModelStoreError(
          .notDownloaded, "\(reference): not downloaded yet. Run: casthost models pull \(reference)"
        )
      }
      return here.url
    case .file(let url):
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
        throw ModelStoreError(
          .unknownModel,
          "\(reference): no such file. Give the path of a .gguf file, or one of: "
            + RegisteredModel.all.map(\.name).joined(separator: ", ") + ".")
      }
      let configuration = url.appendingPathComponent("config.json").path
      guard !isFolder.boolValue || FileManager.default.fileExists(atPath: configuration) else {
        throw ModelStoreError(
          .unsupportedReference,
          "\(reference): a folder without config.json is no model. "
            + "Give the path of a .gguf file, or of a folder in the layout of Hugging Face.")
      }
      return url
    }
  }
}
