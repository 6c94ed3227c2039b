/// The compiled code of a Lua 5.4 function without what its place in the source leaves in it: the
/// numbers of its first and last line, which Lua writes even where it strips the rest.
struct CompiledFunction {
  private let dump: [UInt8]
  private var place = 0
  /// The code with its constants, and that of the functions in it.
  private(set) var content: [UInt8] = []

  /// Signature, version, sizes and two numbers; then the count of upvalues.
  private static let header = 31

  /// The content of what `lua_dump` gave, stripped; nil where it is not laid out as expected.
  static func content(of dump: [UInt8]) -> [UInt8]? {
    var reader = CompiledFunction(dump)
    guard reader.copy(header + 1), reader.function(depth: 0), reader.place == dump.count else {
      return nil
    }
    return reader.content
  }

  private init(_ dump: [UInt8]) { self.dump = dump }

  private mutating func function(depth: Int) -> Bool {
    // The source's name, of no length, then the lines.
    guard depth < 200, count() != nil, leavingOut({ $0.count() }), leavingOut({ $0.count() }),
      copy(3)
    else { return false }
    guard let instructions = count(), copy(instructions, times: 4), let constants = count() else {
      return false
    }
    for _ in 0..<constants {
      guard constant() else { return false }
    }
    guard let upvalues = count(), copy(upvalues, times: 3), let inner = count() else {
      return false
    }
    for _ in 0..<inner {
      guard function(depth: depth + 1) else { return false }
    }
    // Lines, positions, names of variables and upvalues: stripped, so none of each.
    for _ in 0..<4 {
      guard count() == 0 else { return false }
    }
    return true
  }

  private mutating func constant() -> Bool {
    guard place < dump.count else { return false }
    let kind = dump[place]
    guard copy(1) else { return false }
    switch kind {
    case 0x00, 0x01, 0x11: return true  // nil, false, true
    case 0x03, 0x13: return copy(8)  // an integer, a float
    case 0x04, 0x14:  // a string, its length and one more before it
      guard let size = count(), size > 0 else { return false }
      return copy(size - 1)
    default: return false
    }
  }

  private mutating func leavingOut(_ read: (inout CompiledFunction) -> Int?) -> Bool {
    let kept = content.count
    guard read(&self) != nil else { return false }
    content.removeLast(content.count - kept)
    return true
  }

  /// A number in groups of seven bits, the last one marked.
  private mutating func count() -> Int? {
    var value = 0
    while place < dump.count, value < 1 << 40 {
      let byte = dump[place]
      value = value << 7 | Int(byte & 0x7F)
      guard copy(1) else { return nil }
      if byte & 0x80 != 0 { return value }
    }
    return nil
  }

  private mutating func copy(_ count: Int, times size: Int = 1) -> Bool {
    let (bytes, overflows) = count.multipliedReportingOverflow(by: size)
    guard !overflows, bytes >= 0, bytes <= dump.count - place else { return false }
    content += dump[place..<place + bytes]
    place += bytes
    return true
  }
}
