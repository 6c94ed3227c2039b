/// Bytes of a GGUF file put together by hand, so that tests can say what no writer would.
struct RawGGUF {
  var bytes: [UInt8] = []

  /// A header that promises so many tensors and keys.
  init(version: UInt32 = 3, tensors: UInt64 = 0, keys: UInt64 = 0) {
    bytes = Array("GGUF".utf8)
    append(version)
    append(tensors)
    append(keys)
  }

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    bytes += Array(text.utf8)
  }

  /// A key and the number of its type; the value is appended by the caller.
  mutating func key(_ name: String, type: UInt32) {
    append(name)
    append(type)
  }

  /// A tensor of the directory, dimensions in the file's order (innermost first).
  mutating func tensor(
    _ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0
  ) {
    append(name)
    append(UInt32(dimensions.count))
    for dimension in dimensions { append(dimension) }
    append(type)
    append(offset)
  }

  /// Zeros up to the alignment, then so many bytes of tensors.
  mutating func data(_ count: Int, alignment: Int = 32) {
    let padded = (bytes.count + alignment - 1) / alignment * alignment
    bytes += repeatElement(0, count: padded - bytes.count + count)
  }
}
