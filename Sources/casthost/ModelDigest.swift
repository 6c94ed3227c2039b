import Checkpoint
import Foundation
import ModelStore

/// What identifies a model in a manifest.
struct ModelDigest: Codable, Equatable {
  /// As the command line or the recipe named it.
  var reference: String
  /// SHA-256 of the file; of a folder, that of the hashes of its weights and its configuration.
  var sha256: String
  /// SHA-256 of the tokenizer's part of the file's metadata, or of `tokenizer.json`.
  var tokenizer: String
  /// SHA-256 of the chat template, if there is one.
  var chatTemplate: String?

  /// Reads the file behind a reference.
  ///
  /// - Throws: `ModelStoreError` or `CheckpointError` where it cannot be read.
  init(_ reference: String, path: String) throws {
    self.reference = reference
    if HuggingFaceFolder.isOne(path) {
      let folder = try HuggingFaceFolder.open(path)
      func hash(_ name: String) throws -> String {
        try digest(of: URL(fileURLWithPath: folder.path + "/" + name))
      }
      let parts = try (["config.json"] + folder.weightFiles).map { "\(try hash($0))  \($0)\n" }
      sha256 = digest(of: Array(parts.joined().utf8))
      tokenizer = try hash("tokenizer.json")
      chatTemplate = try folder.chatTemplate().map { digest(of: Array($0.utf8)) }
      return
    }
    sha256 = try digest(of: URL(fileURLWithPath: path))
    let metadata = try GGUF.open(path).metadata
    tokenizer = digest(of: try Self.tokenizerBytes(metadata))
    chatTemplate = try metadata.optionalString(Self.templateKey)
      .map { digest(of: Array($0.utf8)) }
  }

  /// The hash of a file or folder alone.
  ///
  /// - Throws: As ``init(_:path:)``.
  static func hash(ofModelAt path: String) throws -> String {
    HuggingFaceFolder.isOne(path)
      ? try ModelDigest(path, path: path).sha256 : try digest(of: URL(fileURLWithPath: path))
  }

  private static let templateKey = "tokenizer.chat_template"

  /// The tokenizer's keys in sorted order with their values; each part ends with a newline, texts
  /// have their length before them.
  private static func tokenizerBytes(_ metadata: Metadata) throws -> [UInt8] {
    var bytes: [UInt8] = []
    func add(_ text: some Sequence<UInt8>) {
      let text = Array(text)
      bytes += Array("\(text.count):".utf8) + text + [UInt8(ascii: "\n")]
    }
    for key in metadata.keys where key.hasPrefix("tokenizer.") && key != templateKey {
      add(key.utf8)
      switch metadata[key] {
      case .strings(let list): list.forEach { add($0) }
      case .string(let text): add(text.utf8)
      case .unsigned(let value): add("\(value)".utf8)
      case .signed(let value): add("\(value)".utf8)
      case .float(let value): add("\(value)".utf8)
      case .bool(let value): add("\(value)".utf8)
      case .numbers:
        // One of the three kinds fits; the others throw.
        if let list = try? metadata.integers(key) {
          add(list.map(String.init).joined(separator: " ").utf8)
        } else if let list = try? metadata.floats(key) {
          add(list.map { "\($0)" }.joined(separator: " ").utf8)
        } else if let list = try? metadata.optionalBools(key) {
          add(list.map { "\($0)" }.joined(separator: " ").utf8)
        }
      case .undecodable, nil: break
      }
    }
    return bytes
  }
}

// The type's own property hides the functions.
private func digest(of url: URL) throws -> String { try sha256(of: url) }
private func digest(of bytes: [UInt8]) -> String { sha256(of: bytes) }
