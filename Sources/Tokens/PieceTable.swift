/// A list of byte strings that lie end to end in one buffer.
///
/// Vocabularies have hundreds of thousands of pieces; one buffer costs two allocations.
public struct PieceTable: Sendable {
  /// All strings, one after the other.
  var bytes: [UInt8] = []
  /// Where each string ends; string `i` starts where `i - 1` ends.
  var ends: [UInt32] = []

  /// An empty list.
  ///
  /// - Parameters:
  ///   - count: How many strings are to come.
  ///   - byteCount: How many bytes they have together; both only save time.
  public init(reserving count: Int = 0, byteCount: Int = 0) {
    ends.reserveCapacity(count)
    bytes.reserveCapacity(byteCount)
  }

  /// A list of the UTF-8 bytes of some strings.
  public init(_ strings: [String]) {
    for string in strings { append(string) }
  }

  /// Number of strings.
  public var count: Int { ends.count }

  /// The bytes of a string.
  public subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]
  }

  /// Appends a string, which may be any bytes.
  ///
  /// The list holds at most 4 GiB; what does not fit is stored as an empty string, which is
  /// never matched.
  public mutating func append(_ string: UnsafeRawBufferPointer) {
    if string.count <= Int(UInt32.max) - bytes.count { bytes.append(contentsOf: string) }
    ends.append(UInt32(bytes.count))
  }

  /// Appends the UTF-8 bytes of a string.
  public mutating func append(_ string: String) {
    var string = string
    string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }
}
