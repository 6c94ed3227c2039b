import Checkpoint
import FoundationEssentials
import Kernels
import Transformer

/// Control vectors in safetensors: `direction.N` for block N counted from 0, and
/// `direction.embedding`, `[width]` or, for a vector that acts token by token, `[rows, width]`;
/// the passport is metadata.
///
/// Read are also `layer.N`, `layer_N`, `layers.N` and plain `N`, as the output of block N unless
/// another convention is named.
enum ControlVectorSafetensors {
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
  static func read(
    _ file: Safetensors, path: String, _ reading: VectorReading
  ) throws -> ControlVector {
    var foreign = ForeignVector(path)
    foreign.convention = .blocks
    foreign.isRecorded = false
    var rows: Int?
    for name in file.tensorNames {
      guard
        let number = name == "direction.embedding"
          ? LayerIndex.embedding.number : ForeignVector.number(in: name)
      else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' does not belong in a control vector "
            + "(expected direction.0, direction.1, …). Give a control-vector file.")
      }
      let tensor = try file.tensor(name)
      let shape = tensor.shape.count == 1 ? [1] + tensor.shape : tensor.shape
      guard shape.count == 2, shape[0] > 0, shape[0] == rows ?? shape[0],
        foreign.directions[number] == nil
      else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' is of shape \(tensor.shape), or its layer occurs twice "
            + "(expected [width], or [tokens, width] alike for all layers). Write one tensor for "
            + "each layer.")
      }
      rows = shape[0]
      foreign.directions[number] = tensor.floats()
    }
    guard !foreign.directions.isEmpty else {
      throw SteeringError(
        .malformedFile, "\(path): no direction.N tensors (expected a control vector).")
    }
    foreign.rows = rows ?? 1
    if let text = file.metadata[ControlVectorFile.passportKey] {
      try reading.checkUnused(path)
      foreign.passport = try ControlVectorFile.passport(of: text, path)
      foreign.dropsZeros = false
    }
    return try foreign.vector(reading)
  }
}
