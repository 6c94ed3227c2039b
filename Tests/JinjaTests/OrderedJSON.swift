import Jinja

/// Reads JSON and keeps the order of keys, as a template sees it.
struct OrderedJSON {
  private let bytes: [UInt8]
  private var at = 0

  /// A text that is known to be JSON.
  static func read(_ bytes: [UInt8]) throws -> Variable {
    var reader = OrderedJSON(bytes: bytes)
    return try reader.value()
  }

  struct Malformed: Error {
    let place: Int
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func next() throws -> UInt8 {
    while at < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[at]) { at += 1 }
    guard at < bytes.count else { throw Malformed(place: at) }
    return bytes[at]
  }

  private mutating func skip(_ character: Unicode.Scalar) throws -> Bool {
    guard try next() == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func value() throws -> Variable {
    switch try next() {
    case UInt8(ascii: "{"):
      var entries: [Variable.Entry] = []
      at += 1
      if try skip("}") { return .dict([]) }
      repeat {
        let key = try string()
        guard try skip(":") else { throw Malformed(place: at) }
        entries.append(Variable.Entry(key, try value()))
      } while try skip(",")
      guard try skip("}") else { throw Malformed(place: at) }
      return .dict(entries)
    case UInt8(ascii: "["):
      var items: [Variable] = []
      at += 1
      if try skip("]") { return .list([]) }
      repeat { items.append(try value()) } while try skip(",")
      guard try skip("]") else { throw Malformed(place: at) }
      return .list(items)
    case UInt8(ascii: "\""): return .string(try string())
    default:
      let start = at
      while at < bytes.count, !",]} \n".utf8.contains(bytes[at]) { at += 1 }
      switch String(decoding: bytes[start..<at], as: UTF8.self) {
      case "null": return .none
      case "true": return .bool(true)
      case "false": return .bool(false)
      case let number:
        if let integer = Int(number) { return .int(integer) }
        guard let float = Double(number) else { throw Malformed(place: start) }
        return .float(float)
      }
    }
  }

  private mutating func string() throws -> String {
    guard try skip("\"") else { throw Malformed(place: at) }
    var text: [UInt8] = []
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
      guard bytes[at] == UInt8(ascii: "\\") else {
        text.append(bytes[at])
        at += 1
        continue
      }
      let kinds: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
      ]
      let kind = bytes[at + 1]
      at += 2
      if kind == UInt8(ascii: "u") {
        // The recording escapes control characters only.
        let code = String(decoding: bytes[at..<(at + 4)], as: UTF8.self)
        text += String(UnicodeScalar(UInt8(code, radix: 16) ?? 0x3F)).utf8
        at += 4
      } else {
        text.append(kinds[kind] ?? kind)
      }
    }
    at += 1
    return String(decoding: text, as: UTF8.self)
  }
}

extension Variable {
  /// The entry of a dictionary.
  subscript(key: String) -> Variable? {
    guard case .dict(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  var items: [Variable] {
    guard case .list(let items) = self else { return [] }
    return items
  }

  var variables: [(name: String, value: Variable)] {
    guard case .dict(let entries) = self else { return [] }
    return entries.map { ($0.key, $0.value) }
  }
}
