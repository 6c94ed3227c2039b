import Foundation
import Synchronization
import TestSupport

@testable import ModelStore

/// Contents of a repository, and a cache that is empty; keeps the hubs that have them running.
final class HubSample: Sendable {
  static let repository = "acme/tiny"
  let scratch: ScratchFolder
  let files: [String: Data]
  private let hubs = Mutex<[HubStub]>([])

  /// - Parameter files: By path.
  /// - Throws: Where no folder can be made.
  init(_ files: [String: Data]) throws {
    scratch = try ScratchFolder()
    self.files = files
  }

  /// Some bytes that do not compress, the same ones for the same number.
  static func bytes(_ count: Int, _ seed: UInt64 = 1) -> Data {
    var generator = SeededGenerator(seed: seed)
    return Data(
      (0..<(count + 7) / 8)
        .flatMap { _ in
          withUnsafeBytes(of: generator.next().littleEndian) { Array($0) }
        }
        .prefix(count))
  }

  /// A folder with one file of weights for each part, or one without an index.
  static func folder(parts: Int = 1) -> [String: Data] {
    var files = [
      "config.json": Data("{\"model_type\": \"llama\"}".utf8),
      "tokenizer.json": Data("{}".utf8), "tokenizer_config.json": Data("{ }".utf8),
      "generation_config.json": Data("{  }".utf8), "README.md": Data("# Tiny".utf8),
      "original/consolidated.safetensors": bytes(90),
    ]
    if parts == 1 {
      files["model.safetensors"] = bytes(70_000)
      return files
    }
    let names = (1...parts).map { "model-0000\($0)-of-0000\(parts).safetensors" }
    for (index, name) in names.enumerated() { files[name] = bytes(30_000, UInt64(index)) }
    let map = names.enumerated().map { "\"tensor\($0)\": \"\($1)\"" }.joined(separator: ", ")
    files["model.safetensors.index.json"] = Data("{\"weight_map\": {\(map)}}".utf8)
    return files
  }

  /// The hub that has the files; those that end like weights are large.
  func hub(
    announcing hashes: [String: String] = [:], tells: Bool = true,
    twist: @escaping HubStub.Twist = { _, answer in answer }
  ) throws -> HubStub {
    let hub = try HubStub(
      Self.repository,
      files.sorted { $0.key < $1.key }
        .map { path, content in
          let isLarge = path.hasSuffix(".gguf") || path.hasSuffix(".safetensors")
          var git = ContentHash(like: .gitBlob(""), size: content.count)
          content.withUnsafeBytes { git.update($0) }
          return HubStub.File(
            path: path, content: content,
            sha256: isLarge ? hashes[path] ?? sha256(of: Array(content)) : nil,
            gitHash: hashes[path] ?? git.identity.name)
        }, tells: tells, twist: twist)
    hubs.withLock { $0.append(hub) }
    return hub
  }

  /// A store whose hub is that one.
  func store(_ hub: HubStub?, _ more: [String: String] = [:]) -> ModelStore {
    var environment = ["HF_HOME": scratch.url.path, "HF_ENDPOINT": hub?.hub.address ?? ""]
    environment.merge(more) { $1 }
    var settings = HubSettings(environment: environment)
    settings.pause = 0.01
    settings.patience = (5, 5)
    return ModelStore(
      folder: scratch.url.appendingPathComponent("own"), interpreter: "no-such-python",
      hub: settings)
  }

  /// The folder of the repository in the cache.
  var folder: URL { scratch.url.appendingPathComponent("hub/models--acme--tiny") }

  /// The entries of the repository's folder of contents, sorted.
  var blobs: [String] {
    let path = folder.appendingPathComponent("blobs").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
