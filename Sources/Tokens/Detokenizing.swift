extension Tokenizer {
  /// The bytes that token ids stand for; not always UTF-8 if a character is cut.
  ///
  /// The exact inverse of ``encode(_:special:addBOS:)``: the space that SentencePiece puts before
  /// a text, and after a special token, is taken away again.
  ///
  /// - Parameters:
  ///   - ids: Token ids.
  ///   - special: Whether control tokens are written out; otherwise they are left out.
  /// - Returns: The bytes of all pieces together.
  /// - Throws: ``TokenError`` with code `unknownToken`.
  public func decode(_ ids: [Int32], special: Bool) throws(TokenError) -> [UInt8] {
    var bytes: [UInt8] = []
    var startsAfresh = true
    for id in ids {
      guard id >= 0, Int(id) < count else {
        throw TokenError(
          .unknownToken,
          "token \(id): not in the vocabulary (expected 0 to \(count - 1)). Check the ids.")
      }
      if special || !isControl(id) {
        let piece = piece(id)
        let isPrefixed = hasSpacePrefix(startsAfresh, bytes.isEmpty) && piece.first == 0x20
        bytes += isPrefixed && !kinds[Int(id)].isPlainText ? piece[1...] : piece[...]
      }
      startsAfresh = kinds[Int(id)].isPlainText
    }
    return bytes
  }

  /// Whether the space before a piece was put there when text was encoded.
  private func hasSpacePrefix(_ startsAfresh: Bool, _ isFirst: Bool) -> Bool {
    switch spaces.prefix {
    case .none: false
    case .everyPart, .unlessMarked: startsAfresh
    case .firstUnlessMarked: isFirst
    }
  }

  /// The bytes that one token stands for, control tokens written out; none for other ids.
  public func piece(_ id: Int32) -> [UInt8] {
    guard id >= 0, Int(id) < count else { return [] }
    let piece = index.pieces[Int(id)]
    guard isSentencePiece else { return Array(piece) }
    switch kinds[Int(id)] {
    case .control, .unknown, .userDefined: return Array(piece)
    case .byte: return Vocabulary.byte(of: piece).map { [$0] } ?? Array(piece)
    case .normal, .unused, .undefined: return SpaceMark.unescape(piece)
    }
  }

  /// Whether a token steers the model, or stands for unknown text, rather than being text itself.
  public func isControl(_ id: Int32) -> Bool {
    guard id >= 0, Int(id) < count else { return false }
    return kinds[Int(id)] == .control || kinds[Int(id)] == .unknown
  }
}
