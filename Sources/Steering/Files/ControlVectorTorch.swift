import Checkpoint
import Transformer

/// Control vectors in files of `torch.save`: persona_vectors' `[layers + 1, width]`, CAA's `[width]`
/// for each layer in a file of its own, stacks, and dictionaries by layer.
enum ControlVectorTorch {
  /// The endings of persona_vectors' file names.
  private static let personaNames = ["_prompt_avg_diff", "_response_avg_diff", "_prompt_last_diff"]

  /// Reads a file; `path` is what messages call it, and may say by its name what the file is.
  static func read(
    _ archive: TorchArchive, path: String, _ reading: VectorReading
  ) throws(SteeringError) -> ControlVector {
    var foreign = ForeignVector(path)
    let name = stem(of: path)
    switch archive.root {
    case .tensor(let tensor) where row(tensor) != nil:
      let named = caaLayer(in: name)
      guard let layer = reading.layer ?? named else {
        throw SteeringError(
          .badOption,
          "\(path): holds one direction and does not say of which layer (expected layer = N, or "
            + "CAA's name vec_layer_N_MODEL.pt). Say the layer.")
      }
      foreign.directions = [layer: tensor.floats()]
      foreign.takesLayer = true
      foreign.convention = named == nil ? .blocks : .caa
      foreign.isRecorded = named != nil
    case .tensor(let tensor) where tensor.shape.count == 2 && tensor.count > 0:
      let (rows, width) = (tensor.shape[0], tensor.shape[1])
      let values = tensor.floats()
      for row in 0..<rows {
        foreign.directions[row] = Array(values[row * width..<(row + 1) * width])
      }
      if personaNames.contains(where: { name.hasSuffix($0) }) {
        foreign.convention = .personaVectors
      }
    case .list(let values) where !values.isEmpty:
      for (index, value) in values.enumerated() {
        foreign.directions[index] = try direction(value, "entry \(index)", path)
      }
    case .dictionary(let members) where !members.isEmpty:
      foreign.convention = .blocks
      foreign.isRecorded = false
      for (key, value) in members {
        guard let number = ForeignVector.number(in: key), foreign.directions[number] == nil else {
          throw malformed(path, "the key \(visible(key)) is no layer, or occurs twice")
        }
        foreign.directions[number] = try direction(value, "layer \(number)", path)
      }
    default: throw malformed(path, "holds \(archive.root.kind)")
    }
    return try foreign.vector(reading)
  }

  private static func direction(
    _ value: TorchValue, _ what: String, _ path: String
  ) throws(SteeringError) -> [Float] {
    guard case .tensor(let tensor) = value, row(tensor) != nil else {
      throw malformed(path, "\(what) is \(value.kind)")
    }
    return tensor.floats()
  }

  /// The width of a tensor `[width]` or `[1, width]`.
  private static func row(_ tensor: TorchTensor) -> Int? {
    let isRow = tensor.shape.count == 1 || tensor.shape.count == 2 && tensor.shape[0] == 1
    return isRow && tensor.count > 0 ? tensor.count : nil
  }

  /// The layer in a name of CAA, `vec_layer_13_Llama-2-7b-chat-hf`.
  private static func caaLayer(in name: String) -> Int? {
    guard name.hasPrefix("vec_layer_") else { return nil }
    let rest = name.dropFirst("vec_layer_".count)
    return ForeignVector.number(of: rest.prefix { $0 != "_" })
  }

  /// The file's name without folder and ending.
  private static func stem(of path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    return String(name.prefix(upTo: name.lastIndex(of: ".") ?? name.endIndex))
  }

  private static func visible(_ key: String) -> String {
    let isPlain = key.utf8.count <= 60 && key.utf8.allSatisfy { (32...126).contains($0) }
    return isPlain ? "'\(key)'" : "of \(key.utf8.count) bytes"
  }

  private static func malformed(_ path: String, _ what: String) -> SteeringError {
    SteeringError(
      .malformedFile,
      "\(path): \(what) (expected tensors [width] by layer, or one tensor [width] or "
        + "[layers, width]). Save the directions as plain tensors.")
  }
}
