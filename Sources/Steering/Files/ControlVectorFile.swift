import Checkpoint
import FoundationEssentials
import JSON
import Transformer

/// Control vectors in files: GGUF as llama.cpp and repeng have them, safetensors, and
/// activation-steering's `.svec`; files of `torch.save`, `.pt`, are read only.
///
/// The ending says what kind of file it is: GGUF where it says nothing else.
public enum ControlVectorFile {
  static let passportKey = "casthost.passport"

  private enum Kind { case gguf, safetensors, svec, torch }

  /// The endings of files that can be written and read.
  public static let endings = [".gguf", ".safetensors", ".svec"]

  /// Writes a vector; the file appears whole or not at all.
  ///
  /// - Returns: What llama.cpp will not apply, as a sentence, or nil.
  /// - Throws: `CheckpointError` if the file cannot be written, and what ``encode(_:for:)`` throws.
  public static func write(_ vector: ControlVector, to path: String) throws -> String? {
    let (bytes, note) = try encode(vector, for: path)
    try AtomicFile.replace(path, with: bytes)
    return note
  }

  /// The bytes of a vector's file, and what llama.cpp will not apply of it.
  ///
  /// - Parameters:
  ///   - vector: The vector.
  ///   - path: Says by its ending which kind of file it is to be; GGUF if it says none.
  /// - Returns: The bytes, and a sentence or nil.
  /// - Throws: ``SteeringError`` for a vector that has no form as such a file, and what encoding
  ///   the passport throws.
  public static func encode(
    _ vector: ControlVector, for path: String = ".gguf"
  ) throws -> (bytes: [UInt8], note: String?) {
    switch kind(of: path) {
    case .safetensors: return (try ControlVectorSafetensors.encode(vector), nil)
    case .svec:
      try checkForm(vector, "an .svec file")
      return (try ControlVectorSvec.encode(vector), nil)
    case .gguf:
      try checkForm(vector, "a GGUF control vector")
      return try ControlVectorGGUF.encode(vector)
    case .torch:
      throw SteeringError(
        .badOption,
        "\(path): files of torch.save are read only (expected a name that ends in "
          + "\(endings.joined(separator: ", "))). Give another name.")
    }
  }

  private static func checkForm(
    _ vector: ControlVector, _ form: String
  ) throws(SteeringError) {
    guard vector.rows == 1 else {
      throw SteeringError(
        .badOption,
        "vector: one that acts token by token has no form as \(form) (expected one direction a "
          + "layer). Save it under a name that ends in .safetensors.")
    }
    guard vector.passport.site != Site.Part.heads.rawValue else {
      throw SteeringError(
        .badOption,
        "vector: one of attention heads has no form as \(form) (expected one of the residual "
          + "stream). Save it under a name that ends in .safetensors.")
    }
  }

  /// Reads a vector that casthost or another tool wrote.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - name: What messages call it, if not by its path; its ending says what kind of file it is.
  ///   - reading: What the file does not say of itself.
  /// - Returns: The vector; its passport is as full as the file is, and says what was done to the
  ///   layers of another tool's file.
  /// - Throws: `CheckpointError` for a damaged file; ``SteeringError`` for one that holds no
  ///   control vector, or where the reading does not fit.
  public static func read(
    _ path: String, called name: String? = nil, _ reading: VectorReading = VectorReading()
  ) throws -> ControlVector {
    let shown = name ?? path
    do {
      switch kind(of: shown) {
      case .safetensors:
        return try ControlVectorSafetensors.read(Safetensors.open(path), path: shown, reading)
      case .torch:
        return try ControlVectorTorch.read(TorchArchive.open(path), path: shown, reading)
      case .svec:
        return try ControlVectorSvec.read(JSONValue.read(path), path: shown, reading)
      case .gguf:
        return try ControlVectorGGUF.read(GGUF.open(path), path: shown, reading)
      }
    } catch let error as CheckpointError {
      guard let name else { throw error }
      throw SteeringError(.malformedFile, error.message.replacing(path, with: name))
    }
  }

  private static func kind(of path: String) -> Kind {
    let name = path.lowercased()
    if name.hasSuffix(".safetensors") { return .safetensors }
    if name.hasSuffix(".svec") { return .svec }
    return name.hasSuffix(".pt") || name.hasSuffix(".pth") ? .torch : .gguf
  }

  // MARK: Passports

  static func text(of passport: Passport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(passport), as: UTF8.self)
  }

  static func passport(of text: String, _ path: String) throws(SteeringError) -> Passport {
    guard let passport = try? JSONDecoder().decode(Passport.self, from: Data(text.utf8)) else {
      throw SteeringError(
        .malformedFile,
        "\(path): \(passportKey) is not a passport (expected JSON). Write the vector again.")
    }
    return passport
  }
}
