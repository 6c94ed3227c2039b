/// A list of byte strings that lie end to end in one buffer.
///
/// Vocabularies have hundreds of thousands of pieces; this way they cost two allocations.
public struct PieceTable: Sendable {
  /// All strings, one after the other.
  private(set) var bytes: [UInt8] = []
  /// Where each string starts, and where the last one ends.
  private(set) var offsets: [UInt32] = [0]

  /// An empty list.
  ///
  /// - Parameters:
  ///   - count: How many strings are to come.
  ///   - byteCount: How many bytes they have together; both only save time.
  public init(reserving count: Int = 0, byteCount: Int = 0) {
    offsets.reserveCapacity(count + 1)
    bytes.reserveCapacity(byteCount)
  }

  /// A list of the UTF-8 bytes of some strings.
  public init(_ strings: [String]) {
    for string in strings { append(string) }
  }

  /// Number of strings.
  public var count: Int { offsets.count - 1 }

  /// The bytes of a string.
  public subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[Int(offsets[index])..<Int(offsets[index + 1])]
  }

  /// Appends a string, which may be any bytes.
  ///
  /// The list holds 4 GiB; what does not fit is stored as the empty string, which no text
  /// matches.
  public mutating func append(_ string: UnsafeRawBufferPointer) {
    if string.count <= Int(UInt32.max) - bytes.count { bytes.append(contentsOf: string) }
    offsets.append(UInt32(bytes.count))
  }

  /// Appends the UTF-8 bytes of a string.
  public mutating func append(_ string: String) {
    var string = string
    string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  // MARK: Inside the room

  /// A list made of strings that lie end to end already.
  ///
  /// - Parameters:
  ///   - bytes: All strings.
  ///   - offsets: Where each starts, and where the last one ends; ascending from 0.
  init(bytes: [UInt8], offsets: [UInt32]) {
    precondition(offsets.first == 0 && Int(offsets.last ?? 1) == bytes.count)
    self.bytes = bytes
    self.offsets = offsets
  }

  /// Hands out the bytes and the `[count + 1]` offsets, for loops that must be fast in debug
  /// builds too.
  func withPointers<Result>(
    _ body: (_ bytes: UnsafePointer<UInt8>, _ offsets: UnsafePointer<UInt32>) -> Result
  ) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      offsets.withUnsafeBufferPointer { offsets in
        guard let starts = offsets.baseAddress else { preconditionFailure("offsets start at 0") }
        // A list without bytes has only empty strings, so nothing is read at this address.
        let nowhere = UnsafeRawPointer(starts).assumingMemoryBound(to: UInt8.self)
        return body(bytes.baseAddress ?? nowhere, starts)
      }
    }
  }

  /// Whether a string is exactly these bytes.
  func holds(_ text: UnsafePointer<UInt8>, _ count: Int, at index: Int) -> Bool {
    withPointers { bytes, offsets in
      let start = Int(offsets[index])
      return Int(offsets[index + 1]) - start == count
        && ByteString.equal(bytes + start, text, count)
    }
  }
}
