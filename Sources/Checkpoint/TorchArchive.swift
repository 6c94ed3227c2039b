/// A file of `torch.save`: tensors, alone or in lists and dictionaries.
///
/// The file is a zip archive of a pickle and of the tensors' bytes, as PyTorch writes it since 1.6.
/// A pickle is a program; ``PickleReader`` knows the few words of it that make tensors, refuses
/// every other, and runs nothing.
public struct TorchArchive: Sendable {
  /// The file's path.
  public let path: String
  /// What was saved.
  public let root: TorchValue

  /// The largest pickle that is read; a vector's has some hundred bytes.
  private static let largestPickle = 1 << 20
  /// What older files begin with: a pickled integer of ten bytes.
  private static let olderMagic: [UInt8] = [
    0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
  ]

  /// Opens a file and reads everything but the tensors' elements.
  ///
  /// - Throws: ``CheckpointError``; with code `unsupportedFormat` for whatever is not tensors in
  ///   lists and dictionaries, naming it.
  public static func open(_ path: String) throws(CheckpointError) -> TorchArchive {
    try TorchArchive(MappedFile(path))
  }

  init(_ file: MappedFile) throws(CheckpointError) {
    path = file.path
    try TorchArchive.checkKind(file)
    let zip = try ZipDirectory(file)
    let folders = zip.entries.keys.filter { $0.hasSuffix("/data.pkl") }
    guard folders.count == 1, let pickle = zip.entries[folders[0]] else {
      throw CheckpointError(
        .notWeights,
        "\(path): not a file of torch.save (expected one data.pkl in the archive, found "
          + "\(folders.count)). Give a .pt file.")
    }
    let folder = String(folders[0].dropLast("data.pkl".count))
    guard zip.entries[folder + "constants.pkl"] == nil else {
      throw CheckpointError(
        .unsupportedFormat,
        "\(path): a TorchScript program (expected tensors). Save the tensors by torch.save.")
    }
    guard pickle.count <= TorchArchive.largestPickle else {
      throw CheckpointError(
        .malformed,
        "\(path): its pickle has \(pickle.count) bytes (expected at most "
          + "\(TorchArchive.largestPickle)). Save the tensors alone.")
    }
    if let order = zip.entries[folder + "byteorder"] {
      let bytes = UnsafeRawBufferPointer(start: file.base + order.lowerBound, count: order.count)
      guard bytes.elementsEqual("little".utf8) else {
        throw CheckpointError(
          .unsupportedVersion,
          "\(path): written in big-endian byte order (expected little-endian). Load it with torch "
            + "on this machine and save it again.")
      }
    }
    var reader = PickleReader(file, pickle) { zip.entries["\(folder)data/\($0)"] }
    root = try reader.root()
  }

  private static func checkKind(_ file: MappedFile) throws(CheckpointError) {
    func begins(_ start: [UInt8]) -> Bool {
      UnsafeRawBufferPointer(start: file.base, count: file.count).starts(with: start)
    }
    if begins(olderMagic) {
      throw CheckpointError(
        .unsupportedVersion,
        "\(file.path): written by PyTorch before 1.6 or without its zip format (expected a zip "
          + "archive). Load it with torch and save it again.")
    }
    guard begins(Array("PK\u{3}\u{4}".utf8)) else {
      throw CheckpointError(
        .notWeights,
        "\(file.path): not a file of torch.save (\(file.appearance)). Give a .pt file.")
    }
  }
}

/// What `torch.save` saved.
public indirect enum TorchValue: Sendable {
  /// A tensor.
  case tensor(TorchTensor)
  /// A list or tuple.
  case list([TorchValue])
  /// A dictionary in its order; keys that are integers in digits.
  case dictionary([(key: String, value: TorchValue)])
  /// A number, text, truth value or nothing, in words.
  case other(String)

  /// What kind of value it is, in words.
  public var kind: String {
    switch self {
    case .tensor(let tensor): "a tensor of shape \(tensor.shape)"
    case .list(let values): "a list of \(values.count)"
    case .dictionary(let values): "a dictionary of \(values.count)"
    case .other(let kind): kind
    }
  }
}
