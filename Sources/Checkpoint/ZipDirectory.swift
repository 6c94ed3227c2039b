/// The directory of a zip archive whose entries are stored as they are, as `torch.save` writes them.
///
/// As in PKWARE's APPNOTE 6.3, sizes of 64 bits included. Only the central directory is believed,
/// and every number of it is checked against the file before it is used.
struct ZipDirectory {
  /// Where the bytes of each entry lie in the file, by its name.
  private(set) var entries: [String: Range<Int>] = [:]
  private let file: MappedFile

  /// Most entries: some hundred times what vectors have.
  private static let mostEntries = 1 << 16

  /// Reads the directory.
  ///
  /// - Throws: ``CheckpointError`` with code `truncated`, `malformed`, or `unsupportedFormat` for
  ///   entries that are compressed or encrypted.
  init(_ file: MappedFile) throws(CheckpointError) {
    self.file = file
    let (count, place) = try directory()
    var at = place.lowerBound
    for _ in 0..<count {
      let (name, range, next) = try entry(at, before: place.upperBound)
      guard entries.updateValue(range, forKey: name) == nil else {
        throw damaged("the entry \(visible(name)) occurs twice")
      }
      at = next
    }
  }

  // MARK: The end of the archive

  /// The number of entries, and where the directory lies.
  private func directory() throws(CheckpointError) -> (count: Int, place: Range<Int>) {
    guard let end = endRecord else {
      throw CheckpointError(
        .truncated,
        "\(file.path): a zip archive without its directory (expected it at the end). "
          + "Fetch the file again.")
    }
    var count = UInt64(integer(UInt16.self, end + 10))
    var size = UInt64(integer(UInt32.self, end + 12))
    var start = UInt64(integer(UInt32.self, end + 16))
    if count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff, end >= 20,
      integer(UInt32.self, end - 20) == 0x0706_4b50
    {
      let far = try span(integer(UInt64.self, end - 12), 56, "the 64-bit directory").lowerBound
      guard integer(UInt32.self, far) == 0x0606_4b50 else {
        throw damaged("the 64-bit directory is not where the file says")
      }
      count = integer(UInt64.self, far + 32)
      size = integer(UInt64.self, far + 40)
      start = integer(UInt64.self, far + 48)
    }
    let place = try span(start, size, "the directory")
    guard count <= UInt64(min(ZipDirectory.mostEntries, place.count / 46)) else {
      throw damaged("the archive claims \(count) entries in \(place.count) bytes")
    }
    return (Int(count), place)
  }

  /// Where the record lies that ends an archive: 22 bytes, and a comment up to the file's end.
  private var endRecord: Int? {
    let last = file.count - 22
    guard last >= 0 else { return nil }
    return (max(0, last - 65_535)...last).reversed()
      .first { at in
        integer(UInt32.self, at) == 0x0605_4b50
          && Int(integer(UInt16.self, at + 20)) == last - at
      }
  }

  // MARK: Entries

  private func entry(
    _ at: Int, before end: Int
  ) throws(CheckpointError) -> (name: String, range: Range<Int>, next: Int) {
    guard end - at >= 46, integer(UInt32.self, at) == 0x0201_4b50 else {
      throw damaged("the directory is wrong at byte \(at)")
    }
    let nameCount = Int(integer(UInt16.self, at + 28))
    let extraCount = Int(integer(UInt16.self, at + 30))
    let next = at + 46 + nameCount + extraCount + Int(integer(UInt16.self, at + 32))
    guard next <= end else { throw damaged("the directory is wrong at byte \(at)") }
    let bytes = UnsafeRawBufferPointer(start: file.base + at + 46, count: nameCount)
    guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
      throw damaged("an entry has no name")
    }
    try checkStorage(at, name)
    var size = UInt64(integer(UInt32.self, at + 24))
    var stored = UInt64(integer(UInt32.self, at + 20))
    var local = UInt64(integer(UInt32.self, at + 42))
    var wide = wideNumbers(at + 46 + nameCount, extraCount)
    for number in [0, 1, 2] {
      let narrow = [size, stored, local][number]
      guard narrow == 0xffff_ffff else { continue }
      guard let value = wide.popFirst() else { throw damaged("\(visible(name)) has no size") }
      switch number {
      case 0: size = value
      case 1: stored = value
      default: local = value
      }
    }
    guard size == stored else { throw damaged("\(visible(name)) has two sizes") }
    let header = try span(local, 30, visible(name)).lowerBound
    guard integer(UInt32.self, header) == 0x0403_4b50 else {
      throw damaged("\(visible(name)) is not where the directory says")
    }
    let start =
      header + 30 + Int(integer(UInt16.self, header + 26))
      + Int(integer(UInt16.self, header + 28))
    return (name, try span(UInt64(start), size, visible(name)), next)
  }

  private func checkStorage(_ at: Int, _ name: String) throws(CheckpointError) {
    guard integer(UInt16.self, at + 8) & 1 == 0 else {
      throw CheckpointError(
        .unsupportedFormat,
        "\(file.path): \(visible(name)) is encrypted (expected it as it is). "
          + "Write the file by torch.save.")
    }
    let method = integer(UInt16.self, at + 10)
    guard method == 0 else {
      throw CheckpointError(
        .unsupportedFormat,
        "\(file.path): \(visible(name)) is compressed\(method == 8 ? " (deflate)" : "") (expected "
          + "entries as they are, as torch.save stores them). Write the file by torch.save.")
    }
  }

  /// The numbers of 64 bits that stand in for saturated ones.
  private func wideNumbers(_ start: Int, _ count: Int) -> ArraySlice<UInt64> {
    var at = start
    while start + count - at >= 4 {
      let size = Int(integer(UInt16.self, at + 2))
      guard size <= start + count - at - 4 else { break }
      if integer(UInt16.self, at) == 1 {
        return (0..<size / 8).map { integer(UInt64.self, at + 4 + 8 * $0) }[...]
      }
      at += 4 + size
    }
    return []
  }

  // MARK: Bytes

  /// `count` bytes at `start`, if the file has them.
  private func span(
    _ start: UInt64, _ count: UInt64, _ what: String
  ) throws(CheckpointError) -> Range<Int> {
    let size = UInt64(file.count)
    guard start <= size, count <= size - start else {
      throw CheckpointError(
        .truncated,
        "\(file.path): ends inside \(what) (expected \(count) bytes at \(start), the file has "
          + "\(size)). Fetch the file again.")
    }
    return Int(start)..<Int(start + count)
  }

  /// An integer at a place that is known to lie in the file.
  private func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ at: Int
  ) -> Value {
    precondition(at >= 0 && at <= file.count - MemoryLayout<Value>.size, "outside of the file")
    return Value(littleEndian: file.base.loadUnaligned(fromByteOffset: at, as: Value.self))
  }

  private func damaged(_ what: String) -> CheckpointError {
    CheckpointError(.malformed, "\(file.path): \(what). The archive is damaged.")
  }

  private func visible(_ name: String) -> String { PickleReader.visible(name) }
}
