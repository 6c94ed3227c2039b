/// Changes files as damage and malice do.
public struct Mutation: Sendable {
  private let seeds: [[UInt8]]
  private let words: [[UInt8]]

  /// What numbers are replaced by: borders of the integer types.
  private static let integers: [UInt64] = [
    0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 44,
    1 << 62, (1 << 63) - 32, (1 << 63) - 1, 1 << 63, .max - 7, .max,
  ]

  /// Mutants of a fuzzer's seeds.
  public init(_ fuzzer: Fuzzer) {
    seeds = fuzzer.seeds
    words = fuzzer.words
  }

  /// A seed with one to five changes.
  public func mutant(using random: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = seeds.randomElement(using: &random) ?? []
    for _ in 0..<Int.random(in: 1...5, using: &random) { change(&bytes, using: &random) }
    return bytes
  }

  private func change(_ bytes: inout [UInt8], using random: inout some RandomNumberGenerator) {
    guard !bytes.isEmpty else { return bytes.append(UInt8.random(in: 0...255, using: &random)) }
    let at = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(bytes.count, at + Int.random(in: 1...40, using: &random))
    switch Int.random(in: 0..<13, using: &random) {
    case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes.removeSubrange(at..<end)
    case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
    case 4: bytes.removeSubrange(at...)
    case 5: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &random))
    case 6:
      let other = seeds.randomElement(using: &random) ?? []
      let start = Int.random(in: 0...other.count, using: &random)
      let part = other[start..<min(other.count, start + Int.random(in: 1...60, using: &random))]
      bytes.insert(contentsOf: part, at: at)
    case 7: replaceInteger(&bytes, at, using: &random)
    case 8: replaceDigits(&bytes, at, using: &random)
    case 9:
      let count = Int.random(in: 1...200, using: &random)
      bytes.insert(contentsOf: (0..<count).flatMap { _ in bytes[at..<end] }, at: at)
    default:
      guard let word = words.randomElement(using: &random) else { return }
      bytes.insert(contentsOf: word, at: at)
    }
  }

  /// Writes a number in four or eight bytes.
  private func replaceInteger(
    _ bytes: inout [UInt8], _ at: Int, using random: inout some RandomNumberGenerator
  ) {
    let value = Mutation.integers.randomElement(using: &random) ?? 0
    for byte in 0..<(Bool.random(using: &random) ? 4 : 8) where at + byte < bytes.count {
      bytes[at + byte] = UInt8(truncatingIfNeeded: value >> (byte * 8))
    }
  }

  /// Writes another number where the next digits stand.
  private func replaceDigits(
    _ bytes: inout [UInt8], _ at: Int, using random: inout some RandomNumberGenerator
  ) {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    guard let first = bytes[at...].firstIndex(where: isDigit) else { return }
    let end = bytes[first...].firstIndex { !isDigit($0) } ?? bytes.count
    let value = Mutation.integers.randomElement(using: &random) ?? 0
    let text = ["\(value)", "-\(value)", "\(value)e9", "0.5", "1e-30", "1e300"]
    bytes.replaceSubrange(first..<end, with: (text.randomElement(using: &random) ?? "0").utf8)
  }
}
