/// Reads the JSON header of a safetensors file.
///
/// It reads the one shape that a header has (an object of tensors, each an object of `dtype`,
/// `shape` and `data_offsets`, and `__metadata__`, an object of strings) rather than any JSON, so
/// that names which occur twice are seen and depth is bounded by the grammar.
struct SafetensorsHeader {
  /// What the header says of a tensor; nothing but the grammar has been checked.
  struct Entry {
    var type = ""
    var shape: [Int] = []
    var begin = 0
    var end = 0
  }

  private(set) var entries: [String: Entry] = [:]
  private(set) var metadata: [String: String] = [:]
  private var scanner: JSONScanner
  private let path: String

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    // The header's length, 8 bytes, comes first.
    scanner = JSONScanner(bytes, subject: "\(path): the header is", start: 8)
    self.path = path
  }

  /// Reads the whole header; spaces may follow it.
  mutating func parse() throws(CheckpointError) {
    try members { (header, name) throws(CheckpointError) in
      if name == "__metadata__" {
        try header.members { (header, key) throws(CheckpointError) in
          header.metadata[key] = try header.string()
        }
      } else {
        header.entries[name] = try header.entry(name)
      }
    }
    scanner.skipSpaces()
    guard scanner.isAtEnd else { throw scanner.failure("the end of the header") }
  }

  private mutating func entry(_ name: String) throws(CheckpointError) -> Entry {
    var entry = Entry()
    var missing: Set<String> = ["dtype", "shape", "data_offsets"]
    try members { (header, key) throws(CheckpointError) in
      missing.remove(key)
      switch key {
      case "dtype": entry.type = try header.string()
      case "shape": entry.shape = try header.integers(atMost: 64)
      case "data_offsets":
        let range = try header.integers(atMost: 2)
        guard range.count == 2 else { throw header.scanner.failure("two offsets of \(name)") }
        (entry.begin, entry.end) = (range[0], range[1])
      default: throw header.scanner.failure("dtype, shape or data_offsets of \(name), not \(key)")
      }
    }
    guard missing.isEmpty else {
      throw scanner.failure("\(missing.sorted().joined(separator: " and ")) of \(name)")
    }
    return entry
  }

  // MARK: JSON

  /// Reads an object, and each of its values by `read`; names must not repeat.
  private mutating func members(
    _ read: (inout SafetensorsHeader, String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try scanner.expect("{")
    if scanner.take("}") { return }
    var names: Set<String> = []
    repeat {
      let name = try string()
      guard names.insert(name).inserted else {
        throw CheckpointError(
          .malformed, "\(path): '\(name)' occurs twice in the header. The file is damaged.")
      }
      try scanner.expect(":")
      try read(&self, name)
    } while scanner.take(",")
    try scanner.expect("}")
  }

  private mutating func integers(atMost limit: Int) throws(CheckpointError) -> [Int] {
    try scanner.expect("[")
    if scanner.take("]") { return [] }
    var values: [Int] = []
    repeat {
      guard values.count < limit else { throw scanner.failure("at most \(limit) numbers") }
      values.append(try integer())
    } while scanner.take(",")
    try scanner.expect("]")
    return values
  }

  private mutating func integer() throws(CheckpointError) -> Int {
    scanner.skipSpaces()
    var value = 0
    let first = scanner.offset
    while !scanner.isAtEnd,
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(scanner.bytes[scanner.offset])
    {
      let digit = Int(scanner.bytes[scanner.offset] - UInt8(ascii: "0"))
      let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
      guard !overflows, tens <= Int.max - digit else {
        throw scanner.failure("a number below 2^63")
      }
      value = tens + digit
      scanner.offset += 1
    }
    guard scanner.offset > first else { throw scanner.failure("a whole number") }
    return value
  }

  private mutating func string() throws(CheckpointError) -> String {
    try scanner.expect("\"")
    return try scanner.restOfString()
  }
}
