import JSON

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
  private var reader: JSONReader
  private let path: String

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    reader = JSONReader(bytes, JSONRules(mostValues: .max))
    self.path = path
  }

  /// Reads the whole header; spaces may follow it.
  mutating func parse() throws(CheckpointError) {
    do throws(JSONFault) {
      try tensors()
    } catch {
      // The header's length, 8 bytes, comes first.
      throw CheckpointError(
        .malformed,
        "\(path): the header is wrong at byte \(error.offset + 8) (expected \(error.expected), "
          + "found \(error.found)). The file is damaged.")
    }
  }

  private mutating func tensors() throws(JSONFault) {
    var hasMetadata = false
    try reader.beginObject()
    while try reader.nextName() {
      let name = reader.string
      if name == "__metadata__" {
        guard !hasMetadata else { throw reader.repeatedName() }
        hasMetadata = true
        try readMetadata()
      } else {
        guard entries[name] == nil else { throw reader.repeatedName() }
        guard reader.text.count <= 65_535 else {
          throw reader.fault("a name of \(reader.text.count) bytes", "at most 65535")
        }
        entries[name] = try entry(name)
      }
    }
    try reader.end()
  }

  private mutating func readMetadata() throws(JSONFault) {
    try reader.beginObject()
    while try reader.nextName() {
      let key = reader.string
      guard metadata[key] == nil else { throw reader.repeatedName() }
      try reader.readString()
      metadata[key] = reader.string
    }
  }

  private mutating func entry(_ name: String) throws(JSONFault) -> Entry {
    var entry = Entry()
    var missing: Set<String> = ["dtype", "shape", "data_offsets"]
    try reader.beginObject()
    while try reader.nextName() {
      let key = reader.string
      guard missing.remove(key) != nil else {
        guard ["dtype", "shape", "data_offsets"].contains(key) else {
          throw reader.fault("'\(key.prefix(80))'", "dtype, shape or data_offsets of \(name)")
        }
        throw reader.repeatedName()
      }
      switch key {
      case "dtype":
        try reader.readString()
        entry.type = reader.string
      case "shape": entry.shape = try integers(atMost: 64)
      default:
        let range = try integers(atMost: 2)
        guard range.count == 2 else {
          throw reader.fault("\(range.count)", "two offsets of \(name)")
        }
        (entry.begin, entry.end) = (range[0], range[1])
      }
    }
    guard missing.isEmpty else {
      throw reader.fault("'}'", "\(missing.sorted().joined(separator: " and ")) of \(name)")
    }
    return entry
  }

  private mutating func integers(atMost limit: Int) throws(JSONFault) -> [Int] {
    var values: [Int] = []
    try reader.beginList()
    while try reader.nextElement() {
      guard values.count < limit else { throw reader.fault("more", "at most \(limit) numbers") }
      values.append(try reader.wholeNumber())
    }
    return values
  }
}
