/// Bytes of a file of `torch.save` put together by hand, so that tests can say what torch would not.
struct RawTorch {
  /// The entries of the archive, in order.
  var entries: [(name: String, bytes: [UInt8])]
  /// The compression method, and the flags, that every entry claims.
  var method: UInt16 = 0
  var flags: UInt16 = 0
  /// Whether sizes and counts are told in 64 bits, as torch does in large files.
  var isWide = false

  /// A pickle, without `STOP`, and the bytes of its storages.
  init(_ pickle: Pickle, storages: [[UInt8]] = [], byteOrder: String? = "little") {
    entries = [("archive/data.pkl", pickle.bytes + Array(".".utf8))]
    if let byteOrder { entries.append(("archive/byteorder", Array(byteOrder.utf8))) }
    for (index, storage) in storages.enumerated() {
      entries.append(("archive/data/\(index)", storage))
    }
  }

  /// The archive.
  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in entries {
      let (size, local) = (UInt64(bytes.count), UInt64(file.count))
      let narrow = isWide ? UInt32.max : UInt32(size)
      var extra: [UInt8] = []
      if isWide {
        extra += little(UInt16(1)) + little(UInt16(24)) + little(size) + little(size)
        extra += little(local)
      }
      let shared =
        little(flags) + little(method) + little(UInt32(0)) + little(UInt32(0)) + little(narrow)
        + little(narrow) + little(UInt16(name.utf8.count))
      // torch fills the local header up so that storages are aligned.
      file += little(UInt32(0x0403_4b50)) + little(UInt16(0)) + shared + little(UInt16(6))
      file += Array(name.utf8) + Array("FB".utf8) + [2, 0, 90, 90] + bytes
      directory += little(UInt32(0x0201_4b50)) + little(UInt16(0)) + little(UInt16(0)) + shared
      directory += little(UInt16(extra.count)) + [UInt8](repeating: 0, count: 10)
      directory += little(isWide ? UInt32.max : UInt32(local)) + Array(name.utf8) + extra
    }
    let (start, count) = (UInt64(file.count), UInt64(entries.count))
    file += directory
    if isWide {
      let place = UInt64(file.count)
      file += little(UInt32(0x0606_4b50)) + little(UInt64(44)) + [UInt8](repeating: 0, count: 12)
      file += little(count) + little(count) + little(UInt64(directory.count)) + little(start)
      file += little(UInt32(0x0706_4b50)) + little(UInt32(0)) + little(place) + little(UInt32(1))
    }
    let short = isWide ? UInt16.max : UInt16(count)
    file += little(UInt32(0x0605_4b50)) + little(UInt32(0)) + little(short) + little(short)
    file += little(isWide ? UInt32.max : UInt32(directory.count))
    file += little(isWide ? UInt32.max : UInt32(start)) + little(UInt16(0))
    return file
  }

  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// Opcodes of a pickle.
struct Pickle: ExpressibleByArrayLiteral {
  var bytes: [UInt8]

  init(arrayLiteral pieces: Pickle...) { bytes = pieces.flatMap(\.bytes) }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Opcodes by their letters.
  static func ops(_ text: String) -> Pickle { Pickle(Array(text.utf8)) }

  static let mark = ops("(")
  static let tuple = ops("t")
  static let reduce = ops("R")

  static func name(_ module: String, _ name: String) -> Pickle { ops("c\(module)\n\(name)\n") }

  static func text(_ text: String) -> Pickle {
    Pickle(
      [UInt8(ascii: "X")] + withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) }
        + Array(text.utf8))
  }

  /// An integer of eight bytes.
  static func integer(_ value: Int) -> Pickle {
    Pickle([0x8a, 8] + withUnsafeBytes(of: value.littleEndian) { Array($0) })
  }

  static func integers(_ values: [Int]) -> Pickle {
    Pickle(mark.bytes + values.flatMap { integer($0).bytes } + tuple.bytes)
  }

  /// A storage of the archive.
  static func storage(_ key: String, _ kind: String = "Float", count: Int) -> Pickle {
    [
      mark, text("storage"), name("torch", kind + "Storage"), text(key), text("cpu"),
      integer(count), tuple, ops("Q"),
    ]
  }

  /// A tensor as torch writes it.
  static func tensor(
    _ storage: Pickle, offset: Int = 0, shape: [Int], strides: [Int]
  ) -> Pickle {
    [
      name("torch._utils", "_rebuild_tensor_v2"), mark, storage, integer(offset), integers(shape),
      integers(strides), Pickle([0x89]), name("collections", "OrderedDict"), ops(")"), reduce,
      tuple, reduce,
    ]
  }
}
