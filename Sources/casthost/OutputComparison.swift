/// Compares two outputs: text exactly, numbers within a tolerance.
struct OutputComparison {
  /// The largest difference of two numbers, relative to the larger one; 0 for none.
  let tolerance: Double

  /// The first difference, in words; nil if the outputs are equal.
  func firstDifference(_ locked: [String], _ found: [String]) -> String? {
    for (index, (old, new)) in zip(locked, found).enumerated() where !isEqual(old, new) {
      return "line \(index + 1) differs:\n  locked: \(old)\n  found:  \(new)"
    }
    if locked.count == found.count { return nil }
    return "the output has \(found.count) lines (locked \(locked.count))."
  }

  private func isEqual(_ old: String, _ new: String) -> Bool {
    if old == new { return true }
    guard tolerance > 0 else { return false }
    let left = Self.parts(old)
    let right = Self.parts(new)
    return left.count == right.count && zip(left, right).allSatisfy { isEqual($0, $1) }
  }

  private func isEqual(_ old: Part, _ new: Part) -> Bool {
    switch (old, new) {
    case (.text(let old), .text(let new)): old == new
    case (.number(let old), .number(let new)):
      old == new || abs(old - new) <= tolerance * max(abs(old), abs(new))
    default: false
    }
  }

  private enum Part {
    case text([UInt8])
    case number(Double)
  }

  /// The line cut up at its numbers: `-1.5e-3`, not the digits of a word such as `layer12`.
  private static func parts(_ line: String) -> [Part] {
    let bytes = Array(line.utf8)
    var parts: [Part] = []
    var start = 0
    var at = 0
    while at < bytes.count {
      let follows = at > 0 && (isWord(bytes[at - 1]) || bytes[at - 1] == UInt8(ascii: "."))
      guard !follows, let end = endOfNumber(bytes, at),
        let number = Double(String(decoding: bytes[at..<end], as: UTF8.self))
      else {
        at += 1
        continue
      }
      parts += [.text(Array(bytes[start..<at])), .number(number)]
      start = end
      at = end
    }
    return parts + [.text(Array(bytes[start...]))]
  }

  /// Where a number that begins here ends; nil if there is none, or a word goes on behind it.
  private static func endOfNumber(_ bytes: [UInt8], _ start: Int) -> Int? {
    func has(_ character: Unicode.Scalar, _ index: Int) -> Bool {
      index < bytes.count && bytes[index] == UInt8(ascii: character)
    }
    func digits(_ index: Int) -> Int { bytes[index...].prefix { 48...57 ~= $0 }.endIndex }
    let whole = has("-", start) ? start + 1 : start
    var end = digits(whole)
    guard end > whole else { return nil }
    if has(".", end), end + 1 < bytes.count, digits(end + 1) > end + 1 { end = digits(end + 1) }
    if has("e", end) || has("E", end) {
      let power = has("-", end + 1) || has("+", end + 1) ? end + 2 : end + 1
      if power <= bytes.count, digits(power) > power { end = digits(power) }
    }
    return end < bytes.count && isWord(bytes[end]) ? nil : end
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte || byte == UInt8(ascii: "_")
      || byte >= 128
  }
}
