import Kernels

/// A checkpoint or control vector in GGUF, versions 2 and 3, little-endian.
///
/// The format is described in `ggml-org/ggml:docs/gguf.md`. Every count, length and offset is
/// checked before it is used, and opening takes memory for at most what the file really holds.
public struct GGUF: Sendable {
  /// The file's path.
  public let path: String
  /// The format's version, 2 or 3; they differ in nothing that is read here.
  public let version: Int
  /// What the file says about itself.
  public let metadata: Metadata
  /// Names of the tensors, in the file's order.
  public let tensorNames: [String]
  /// Bytes of the file, or of all parts of it.
  public var byteCount: Int { parts.reduce(0) { $0 + $1.file.count } }
  private let parts: [Part]
  private let places: [String: Int]  // tensor → index of its part

  /// A file, and where the tensors lie in it.
  private struct Part: Sendable {
    let file: MappedFile
    let directory: TensorDirectory
  }

  /// Most keys, and most tensors, that a file may have: some hundred times what checkpoints have.
  private static let mostEntries = 1 << 20

  /// Opens a file, reads its metadata and its tensor directory; of a checkpoint in several parts,
  /// `…-00001-of-0000N.gguf`, the others too.
  ///
  /// - Throws: ``CheckpointError``; tensors of unknown formats are an error only when asked for.
  public static func open(_ path: String) throws(CheckpointError) -> GGUF {
    let first = try GGUF(MappedFile(path))
    let names = try SplitNames(first)
    guard let names else { return first }
    var others: [GGUF] = []
    for number in 2...names.count {
      let part = try GGUF(MappedFile(names.path(number)))
      try names.check(part, number)
      others.append(part)
    }
    return try GGUF(first, others, names)
  }

  /// A tensor by its name.
  ///
  /// - Throws: ``CheckpointError`` with code `missingTensor` or `unsupportedFormat`.
  public func tensor(_ name: String) throws(CheckpointError) -> StoredTensor {
    if let tensor = try optionalTensor(name) { return tensor }
    throw CheckpointError(
      .missingTensor, "\(path): tensor \(name) is missing. Convert the checkpoint again.")
  }

  /// Whether there is a tensor of a name.
  public func contains(_ name: String) -> Bool { places[name] != nil }

  /// A tensor by its name, or nil if the file has none.
  ///
  /// - Throws: ``CheckpointError`` with code `unsupportedFormat`.
  public func optionalTensor(_ name: String) throws(CheckpointError) -> StoredTensor? {
    guard let place = places[name], case let part = parts[place],
      let entry = part.directory.entries[name]
    else { return nil }
    guard let format = BlockFormat(type: entry.type) else {
      let known = BlockFormat.stored.map(\.name).joined(separator: ", ")
      throw CheckpointError(
        .unsupportedFormat,
        "\(path): tensor \(name) is stored as \(BlockFormat.name(of: entry.type)) "
          + "(expected one of \(known)). Use a checkpoint in one of these formats.")
    }
    return StoredTensor(
      name: name, format: format, shape: entry.shape,
      bytes: part.file.base + part.directory.start + entry.offset, owner: part.file)
  }

  /// Reads a file that has been mapped.
  package init(_ file: MappedFile) throws(CheckpointError) {
    var reader = ByteReader(file)
    path = file.path
    version = try GGUF.readVersion(&reader)
    // The smallest entries take 13 and 24 bytes, which bounds both counts by the file's size too.
    let tensors = try reader.count(
      atMost: min(GGUF.mostEntries, file.count / 24), "the number of tensors")
    let keys = try reader.count(
      atMost: min(GGUF.mostEntries, file.count / 13), "the number of metadata keys")
    metadata = try Metadata(&reader, count: keys)

    let alignment = try metadata.optionalInt("general.alignment") ?? 32
    guard alignment >= 8, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
      throw CheckpointError(
        .malformed,
        "\(path): general.alignment is \(alignment) (expected a power of two from 8 on). "
          + "The file is damaged.")
    }
    let directory = try TensorDirectory(&reader, count: tensors, alignment: alignment)
    tensorNames = directory.names
    places = Dictionary(uniqueKeysWithValues: directory.names.map { ($0, 0) })
    parts = [Part(file: file, directory: directory)]
  }

  /// Joins the parts of a checkpoint; the first has the metadata.
  private init(
    _ first: GGUF, _ others: [GGUF], _ names: SplitNames
  ) throws(CheckpointError) {
    path = first.path
    version = first.version
    metadata = first.metadata
    parts = first.parts + others.flatMap(\.parts)
    var places: [String: Int] = [:]
    for (index, part) in parts.enumerated() {
      for name in part.directory.names {
        guard places.updateValue(index, forKey: name) == nil else {
          throw CheckpointError(
            .malformed, "\(path): tensor \(name) is in two parts. Fetch the checkpoint again.")
        }
      }
    }
    self.places = places
    tensorNames = parts.flatMap(\.directory.names)
    if let total = names.tensors, total != tensorNames.count {
      throw CheckpointError(
        .missingTensor,
        "\(path): the parts hold \(tensorNames.count) tensors (expected \(total)). "
          + "Fetch the checkpoint again.")
    }
  }

  private static func readVersion(_ reader: inout ByteReader) throws(CheckpointError) -> Int {
    let path = reader.file.path
    guard reader.remaining >= 4, try reader.integer(UInt32.self, "the magic") == magic else {
      throw CheckpointError(
        .notWeights, "\(path): not a GGUF file (\(reader.file.appearance)). Give a .gguf file.")
    }
    let version = try reader.integer(UInt32.self, "the version")
    switch version {
    case 2, 3: return Int(version)
    case 1, 2 << 24, 3 << 24:
      let what = version == 1 ? "is of version 1" : "is in big-endian byte order"
      throw CheckpointError(
        .unsupportedVersion,
        "\(path): this GGUF file \(what) (expected version 2 or 3, little-endian). "
          + "Convert the checkpoint again.")
    default:
      throw CheckpointError(
        .unsupportedVersion,
        "\(path): this GGUF file is of version \(version) (expected 2 or 3). "
          + "Convert the checkpoint again, or update casthost.")
    }
  }

  /// `GGUF` in little-endian order.
  static let magic: UInt32 = 0x4655_4747
}
