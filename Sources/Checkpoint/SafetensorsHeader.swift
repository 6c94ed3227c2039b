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
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
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
    skipSpaces()
    guard offset == bytes.count else { throw failure("the end of the header") }
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
        guard range.count == 2 else { throw header.failure("two offsets of \(name)") }
        (entry.begin, entry.end) = (range[0], range[1])
      default: throw header.failure("dtype, shape or data_offsets of \(name), not \(key)")
      }
    }
    guard missing.isEmpty else {
      throw failure("\(missing.sorted().joined(separator: " and ")) of \(name)")
    }
    return entry
  }

  // MARK: JSON

  /// Reads an object, and each of its values by `read`; names must not repeat.
  private mutating func members(
    _ read: (inout SafetensorsHeader, String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try expect("{")
    if take("}") { return }
    var names: Set<String> = []
    repeat {
      let name = try string()
      guard names.insert(name).inserted else {
        throw CheckpointError(
          .malformed, "\(path): '\(name)' occurs twice in the header. The file is damaged.")
      }
      try expect(":")
      try read(&self, name)
    } while take(",")
    try expect("}")
  }

  private mutating func integers(atMost limit: Int) throws(CheckpointError) -> [Int] {
    try expect("[")
    if take("]") { return [] }
    var values: [Int] = []
    repeat {
      guard values.count < limit else { throw failure("at most \(limit) numbers") }
      values.append(try integer())
    } while take(",")
    try expect("]")
    return values
  }

  private mutating func integer() throws(CheckpointError) -> Int {
    skipSpaces()
    var value = 0
    let first = offset
    while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
      let digit = Int(bytes[offset] - UInt8(ascii: "0"))
      let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
      guard !overflows, tens <= Int.max - digit else { throw failure("a number below 2^63") }
      value = tens + digit
      offset += 1
    }
    guard offset > first else { throw failure("a whole number") }
    return value
  }

  private mutating func string() throws(CheckpointError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] >= 32 {
      if bytes[offset] == UInt8(ascii: "\\") {
        offset += 1
        text += Array(String(try escaped()).utf8)
      } else {
        text.append(bytes[offset])
        offset += 1
      }
    }
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\""),
      let string = String(validating: text, as: UTF8.self)
    else { throw failure("a string of UTF-8 that ends") }
    offset += 1
    return string
  }

  private mutating func escaped() throws(CheckpointError) -> Unicode.Scalar {
    guard offset < bytes.count else { throw failure("an escape") }
    let letter = bytes[offset]
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xd800..<0xdc00).contains(code), offset + 1 < bytes.count,
        bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
      {
        offset += 2
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low) else { throw failure("a surrogate pair") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("a surrogate pair") }
      return scalar
    default: throw failure("an escape")
    }
  }

  private mutating func hexadecimal() throws(CheckpointError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard offset < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue
      else { throw failure("four hexadecimal digits") }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }

  private mutating func skipSpaces() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 32, 9, 10, 13: offset += 1
      default: return
      }
    }
  }

  /// Moves past a character if it comes next.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
    guard take(character) else { throw failure("'\(character)'") }
  }

  private func failure(_ expected: String) -> CheckpointError {
    CheckpointError(
      .malformed,
      "\(path): the header is wrong at byte \(offset + 8) (expected \(expected)). "
        + "The file is damaged.")
  }
}
