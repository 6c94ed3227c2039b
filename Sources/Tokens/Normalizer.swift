import Foundation

/// What is done to text before it is split, one step after the other.
struct Normalizer: Sendable, Hashable {
  /// One change.
  enum Step: Sendable, Hashable {
    /// Unicode's composed form, NFC.
    case composed
    /// Something before the text, unless that is empty.
    case prepended([UInt8])
    /// Something for something else, from left to right.
    case replaced([UInt8], by: [UInt8])
  }

  var steps: [Step] = []

  /// Whether text is left as it is.
  var isEmpty: Bool { steps.isEmpty }

  /// The changed text.
  func apply(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes = Array(text)
    for step in steps {
      switch step {
      case .composed: bytes = Normalizer.composed(bytes)
      case .prepended(let prefix): if !bytes.isEmpty { bytes = prefix + bytes }
      case .replaced(let old, let new): bytes = Normalizer.replacing(old, by: new, in: bytes)
      }
    }
    return bytes
  }

  /// Text in NFC; bytes that are not UTF-8 are left as they are.
  private static func composed(_ bytes: [UInt8]) -> [UInt8] {
    // Up to U+02FF every text is in NFC.
    guard bytes.contains(where: { $0 >= 0xCC }), let text = String(validating: bytes, as: UTF8.self)
    else { return bytes }
    return Array(text.precomposedStringWithCanonicalMapping.utf8)
  }

  private static func replacing(_ old: [UInt8], by new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    guard let first = old.first else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 2)
    bytes.withUnsafeBufferPointer { bytes in
      var position = 0
      while position < bytes.count {
        if bytes[position] == first, bytes[position...].starts(with: old) {
          result.append(contentsOf: new)
          position += old.count
        } else {
          result.append(bytes[position])
          position += 1
        }
      }
    }
    return result
  }
}
