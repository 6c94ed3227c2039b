/// Where a U+2581 goes before a text, and what becomes of the spaces in it.
struct SpaceRule: Sendable, Hashable {
  /// Where a U+2581 is put.
  enum Prefix: Sendable, Hashable {
    case none
    /// Before the text and after every special token.
    case everyPart
    /// As ``everyPart``, unless there is one already.
    case unlessMarked
    /// Before the text, unless there is one already.
    case firstUnlessMarked
  }

  var prefix: Prefix
  /// Whether spaces become U+2581; otherwise the normalizer has seen to it.
  var escapes = true
  /// Whether every U+2581 begins a word that is merged by itself.
  var splits = false

  /// A part of a text as it is merged.
  func apply(_ text: UnsafeBufferPointer<UInt8>, isFirst: Bool) -> [UInt8] {
    guard escapes else { return Array(text) }
    let isMarked =
      text.first == 0x20 || (text.count >= 3 && text.baseAddress.map(SpaceMark.isMark) ?? false)
    let addsPrefix =
      switch prefix {
      case .none: false
      case .everyPart: true
      case .unlessMarked: !isMarked
      case .firstUnlessMarked: !isMarked && isFirst
      }
    return SpaceMark.escape(text, addingPrefix: addsPrefix)
  }
}

/// U+2581, which SentencePiece writes for a space.
enum SpaceMark {
  private static let bytes: (UInt8, UInt8, UInt8) = (0xE2, 0x96, 0x81)

  /// Whether a text, at least three bytes long, begins with the mark.
  static func isMark(_ text: UnsafePointer<UInt8>) -> Bool {
    text[0] == 0xE2 && text[1] == 0x96 && text[2] == 0x81
  }

  /// A text with every space as the mark.
  static func escape(_ text: UnsafeBufferPointer<UInt8>, addingPrefix: Bool) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 3 * (text.count + 1)) { target, written in
      guard let target = target.baseAddress else { return }
      var count = 0
      func mark() {
        (target[count], target[count + 1], target[count + 2]) = bytes
        count += 3
      }
      if addingPrefix { mark() }
      if let source = text.baseAddress {
        for position in 0..<text.count {
          if source[position] == 0x20 {
            mark()
          } else {
            target[count] = source[position]
            count += 1
          }
        }
      }
      written = count
    }
  }

  /// A piece with every mark as a space.
  static func unescape(_ piece: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = piece
    while let byte = rest.first {
      if byte == 0xE2, rest.starts(with: [0xE2, 0x96, 0x81]) {
        result.append(0x20)
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
