import Checkpoint
import FoundationEssentials
import Kernels
import Transformer

/// Control vectors in files: GGUF as llama.cpp and repeng read and write them, and safetensors.
///
/// `direction.N` is the direction that is applied at the output of block N, counted from 0.
/// llama.cpp refuses a file with `direction.0`, so block 0 and the embedding travel in metadata
/// that it does not read (`casthost.direction.0`, `casthost.direction.embedding`).
public enum ControlVectorFile {
  static let passportKey = "casthost.passport"
  private static let hidden: [(layer: LayerIndex, key: String)] = [
    (.embedding, "casthost.direction.embedding"), (LayerIndex(0), "casthost.direction.0"),
  ]

  /// Writes a vector; the file appears whole or not at all.
  ///
  /// - Returns: What llama.cpp will not apply, as a sentence, or nil.
  /// - Throws: `CheckpointError` if the file cannot be written.
  public static func write(_ vector: ControlVector, to path: String) throws -> String? {
    let (writer, note) = try writer(of: vector)
    try writer.write(to: path)
    return note
  }

  /// The endings of files that can be written and read.
  public static let endings = [".gguf", ".safetensors"]

  /// The bytes of a vector's file, and what llama.cpp will not apply of it.
  ///
  /// - Parameters:
  ///   - vector: The vector.
  ///   - path: Says by its ending whether the file is to be GGUF or safetensors.
  /// - Returns: The bytes, and a sentence or nil.
  /// - Throws: What encoding the passport throws.
  public static func encode(
    _ vector: ControlVector, for path: String = ".gguf"
  ) throws -> (bytes: [UInt8], note: String?) {
    if isSafetensors(path) { return (try ControlVectorSafetensors.encode(vector), nil) }
    let (writer, note) = try writer(of: vector)
    return (writer.encoded(), note)
  }

  private static func writer(of vector: ControlVector) throws -> (GGUFWriter, String?) {
    guard vector.rows == 1 else {
      throw SteeringError(
        .badOption,
        "vector: one that acts token by token has no form as a GGUF control vector (expected one "
          + "direction a layer). Save it under a name that ends in .safetensors.")
    }
    guard vector.passport.site != Site.Part.heads.rawValue else {
      throw SteeringError(
        .badOption,
        "vector: one of attention heads has no form as a GGUF control vector (expected one of the "
          + "residual stream). Save it under a name that ends in .safetensors.")
    }
    var writer = GGUFWriter()
    writer.set("general.architecture", "controlvector")
    writer.set("controlvector.model_hint", vector.passport.architecture ?? "unknown")
    let visible = vector.layers.filter { $0 > LayerIndex(0) }
    writer.set("controlvector.layer_count", UInt32(visible.count))
    writer.set(passportKey, try text(of: vector.passport))
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
    return (writer, note)
  }

  /// Reads a vector that casthost, llama.cpp, repeng or a tool like them wrote.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - name: What messages call it, if not by its path.
  /// - Returns: The vector; its passport is as full as the file is. A name that ends in
  ///   `.safetensors` says what the file is.
  /// - Throws: `CheckpointError` for a damaged file; ``SteeringError`` for one that holds no
  ///   control vector.
  public static func read(_ path: String, called name: String? = nil) throws -> ControlVector {
    let file: GGUF
    do {
      if isSafetensors(name ?? path) {
        return try ControlVectorSafetensors.read(Safetensors.open(path), path: name ?? path)
      }
      file = try GGUF.open(path)
    } catch let error as CheckpointError {
      guard let name else { throw error }
      throw SteeringError(.malformedFile, error.message.replacing(path, with: name))
    }
    let path = name ?? path
    var directions: [LayerIndex: [Float]] = [:]
    for name in file.tensorNames {
      guard name.hasPrefix("direction."), let number = Int(name.dropFirst("direction.".count)),
        (0..<65_536).contains(number)
      else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' does not belong in a control vector "
            + "(expected direction.0, direction.1, …). Give a control-vector file.")
      }
      let tensor = try file.tensor(name)
      guard tensor.shape.count == 1, tensor.format == .f32 else {
        throw SteeringError(
          .malformedFile,
          "\(path): tensor '\(name)' is \(tensor.format) of shape \(tensor.shape) "
            + "(expected F32 of one dimension). Write the vector as float32.")
      }
      directions[LayerIndex(number)] = tensor.floats()
    }
    for (layer, key) in hidden where directions[layer] == nil {
      if let direction = try file.metadata.optionalFloats(key) { directions[layer] = direction }
    }
    guard !directions.isEmpty else {
      throw SteeringError(
        .malformedFile, "\(path): no direction.N tensors (expected a control vector).")
    }
    var passport = Passport()
    if let text = try file.metadata.optionalString(passportKey) {
      passport = try self.passport(of: text, path)
    } else {
      passport.architecture = try? file.metadata.optionalString("controlvector.model_hint")
      passport.method = try? file.metadata.optionalString("controlvector.method")
    }
    return try ControlVector(directions, passport: passport)
  }

  // MARK: Passports

  private static func isSafetensors(_ path: String) -> Bool {
    path.lowercased().hasSuffix(".safetensors")
  }

  static func text(of passport: Passport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(passport), as: UTF8.self)
  }

  static func passport(of text: String, _ path: String) throws -> Passport {
    guard let passport = try? JSONDecoder().decode(Passport.self, from: Data(text.utf8)) else {
      throw SteeringError(
        .malformedFile,
        "\(path): \(passportKey) is not a passport (expected JSON). Write the vector again.")
    }
    return passport
  }
}
