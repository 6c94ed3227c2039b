import Checkpoint
import FoundationEssentials
import Kernels
import Transformer

/// Control vectors in safetensors: `direction.N` for block N counted from 0, and
/// `direction.embedding`, `[width]` or, for a vector that acts token by token, `[rows, width]`;
/// the passport is metadata.
///
/// Read are also `layer.N`, `layer_N`, `layers.N` and plain `N`, all as the output of block N.
enum ControlVectorSafetensors {
  private static let prefixes = ["direction.", "layers.", "layer.", "layer_", ""]

  static func encode(_ vector: ControlVector) throws -> [UInt8] {
    var writer = SafetensorsWriter()
    writer.set("format", "pt")
    writer.set(ControlVectorFile.passportKey, try ControlVectorFile.text(of: vector.passport))
    for layer in vector.layers {
      let shape = vector.rows == 1 ? [vector.width] : [vector.rows, vector.width]
      writer.add("direction.\(layer)", shape: shape, vector[layer] ?? [])
    }
    return writer.encoded()
  }

  /// Reads a file; `path` is what messages call it.
  static func read(_ file: Safetensors, path: String) throws -> ControlVector {
    var directions: [LayerIndex: [Float]] = [:]
    var rows: Int?
    for name in file.tensorNames {
      guard let layer = layer(named: name) else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' does not belong in a control vector "
            + "(expected direction.0, direction.1, …). Give a control-vector file.")
      }
      let tensor = try file.tensor(name)
      let shape = tensor.shape.count == 1 ? [1] + tensor.shape : tensor.shape
      guard shape.count == 2, shape[0] > 0, shape[0] == rows ?? shape[0],
        directions[layer] == nil
      else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' is of shape \(tensor.shape), or its layer occurs twice "
            + "(expected [width], or [tokens, width] alike for all layers). Write one tensor for "
            + "each layer.")
      }
      rows = shape[0]
      directions[layer] = tensor.floats()
    }
    guard !directions.isEmpty else {
      throw SteeringError(
        .malformedFile, "\(path): no direction.N tensors (expected a control vector).")
    }
    let text = file.metadata[ControlVectorFile.passportKey]
    let passport = try text.map { try ControlVectorFile.passport(of: $0, path) } ?? Passport()
    return try ControlVector(directions, rows: rows ?? 1, passport: passport)
  }

  private static func layer(named name: String) -> LayerIndex? {
    if name == "direction.embedding" { return .embedding }
    guard let prefix = prefixes.first(where: { name.hasPrefix($0) }) else { return nil }
    let digits = name.dropFirst(prefix.count)
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(digits), (0..<65_536).contains(number)
    else { return nil }
    return LayerIndex(number)
  }
}
