import Kernels

/// Where the tensors of a GGUF file lie; every place has been checked to be inside the file.
struct TensorDirectory: Sendable {
  /// One tensor.
  struct Entry {
    let type: UInt32  // ggml_type, known or not
    let shape: [Int]  // outermost dimension first
    let offset: Int  // from `start`
    let size: Int  // bytes; 0 for formats that are not known

    var end: Int { offset + size }
  }

  /// Names, in the file's order.
  let names: [String]
  /// The tensors by name.
  let entries: [String: Entry]
  /// Where in the file the first tensor may begin.
  let start: Int

  /// Reads the directory and checks it against the file's size.
  ///
  /// - Throws: ``CheckpointError`` with code `truncated` or `malformed`.
  init(_ reader: inout ByteReader, count: Int, alignment: Int) throws(CheckpointError) {
    var names: [String] = []
    var entries: [String: Entry] = [:]
    for index in 0..<count {
      let name = try reader.name("the name of tensor \(index)")
      let entry = try TensorDirectory.entry(&reader, name, alignment: alignment)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw CheckpointError(
          .malformed, "\(reader.file.path): tensor \(name) occurs twice. The file is damaged.")
      }
      names.append(name)
    }
    self.names = names
    self.entries = entries
    start = (reader.offset + alignment - 1) / alignment * alignment
    try checkLayout(reader.file)
  }

  private static func entry(
    _ reader: inout ByteReader, _ name: String, alignment: Int
  ) throws(CheckpointError) -> Entry {
    let path = reader.file.path
    let rank = try reader.integer(UInt32.self, "the rank of \(name)")
    guard (1...4).contains(rank) else {
      throw CheckpointError(
        .malformed,
        "\(path): tensor \(name) has \(rank) dimensions (expected 1 to 4). The file is damaged.")
    }
    var sizes: [UInt64] = []
    for _ in 0..<rank {
      sizes.insert(try reader.integer(UInt64.self, "a dimension of \(name)"), at: 0)
    }
    let type = try reader.integer(UInt32.self, "the format of \(name)")
    let offset = try reader.integer(UInt64.self, "the offset of \(name)")
    let shape = try checkedShape(sizes, name, path)
    guard let offset = Int(exactly: offset), offset % alignment == 0 else {
      throw CheckpointError(
        .malformed,
        "\(path): tensor \(name) begins at \(offset) (expected a multiple of \(alignment)). "
          + "The file is damaged.")
    }
    guard let format = BlockFormat(type: type) else {
      return Entry(type: type, shape: shape, offset: offset, size: 0)
    }
    guard let columns = shape.last, columns % format.blockSize == 0 else {
      throw CheckpointError(
        .malformed,
        "\(path): tensor \(name) has shape \(shape) (expected rows of a multiple of "
          + "\(format.blockSize) elements for \(format.name)). The file is damaged.")
    }
    let size = format.byteCount(shape.reduce(1, *))
    return Entry(type: type, shape: shape, offset: offset, size: size)
  }

  /// A shape of at most 2^44 elements, so that no later product of its parts overflows.
  private static func checkedShape(
    _ sizes: [UInt64], _ name: String, _ path: String
  ) throws(CheckpointError) -> [Int] {
    var count: UInt64 = 1
    for size in sizes {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard size > 0, !overflows, product <= 1 << 44 else {
        throw CheckpointError(
          .malformed,
          "\(path): tensor \(name) has the impossible shape \(sizes) (expected 1 to 2^44 "
            + "elements). The file is damaged.")
      }
      count = product
    }
    return sizes.map { Int($0) }
  }

  /// Checks that tensors lie in the file and apart from each other.
  private func checkLayout(_ file: MappedFile) throws(CheckpointError) {
    let available = max(0, file.count - start)
    var last: (name: String, end: Int)?
    let sorted = entries.sorted { ($0.value.offset, $0.key) < ($1.value.offset, $1.key) }
    for (name, entry) in sorted {
      guard entry.offset < available, entry.size <= available - entry.offset else {
        throw CheckpointError(
          .truncated,
          "\(file.path): tensor \(name) lies outside the file (expected \(entry.size) bytes at "
            + "\(entry.offset), found \(available) bytes of tensors). Fetch the file again.")
      }
      if let last, entry.offset < last.end {
        throw CheckpointError(
          .malformed,
          "\(file.path): tensors \(last.name) and \(name) overlap (expected one to begin at "
            + "\(last.end) or later, found \(entry.offset)). The file is damaged.")
      }
      last = (name, entry.end)
    }
  }
}
