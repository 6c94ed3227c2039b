extension Vocabulary {
  /// Checks that the parts agree with each other.
  ///
  /// - Throws: ``TokenError`` with code `malformedVocabulary`.
  func check() throws(TokenError) {
    guard count > 0, count < Int(Int32.max) else {
      throw malformed("\(count) tokens", "at least one, fewer than 2³¹")
    }
    guard kinds.isEmpty || kinds.count == count else {
      throw malformed("\(kinds.count) token types", "one for each of the \(count) tokens")
    }
    if model == .sentencePiece, scores.count != count {
      throw malformed("\(scores.count) scores", "one for each of the \(count) tokens")
    }
    let ids = [
      ("BOS", bos), ("EOS", eos), ("EOT", eot), ("unknown", unknown), ("padding", padding),
    ]
    for case (let name, let id?) in ids where id < 0 || Int(id) >= count {
      throw malformed("the \(name) token is \(id)", "an id from 0 to \(count - 1)")
    }
    for id in stripsSpaceAfter where id < 0 || Int(id) >= count {
      throw malformed("token \(id) strips space", "an id from 0 to \(count - 1)")
    }
  }

  /// Whether tokens stand for bytes rather than for characters.
  var isByteLevel: Bool {
    if case .bytePair = model { return true }
    return false
  }

  /// SentencePiece's token of every byte, or -1.
  ///
  /// - Throws: ``TokenError`` with code `malformedVocabulary` for a byte token that is not
  ///   written `<0x0A>`.
  func byteTokens() throws(TokenError) -> [Int32] {
    var tokens = [Int32](repeating: -1, count: 256)
    for id in kinds.indices where kinds[id] == .byte {
      guard let byte = Vocabulary.byte(of: pieces[id]) else {
        throw malformed(
          "byte token \(id) is '\(String(decoding: pieces[id], as: UTF8.self))'",
          "two hexadecimal digits as in <0x0A>")
      }
      if tokens[Int(byte)] < 0 { tokens[Int(byte)] = Int32(id) }
    }
    return tokens
  }

  /// The byte that a piece such as `<0x0A>` names.
  static func byte(of piece: ArraySlice<UInt8>) -> UInt8? {
    guard piece.count == 6, piece.starts(with: "<0x".utf8), piece.last == UInt8(ascii: ">")
    else { return nil }
    return UInt8(String(decoding: piece.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
  }

  /// The bytes of all pieces, indexed; the kinds are those of ``kinds``, which may be empty.
  ///
  /// Where two tokens have the same bytes, a piece of text goes before a control or user-defined
  /// token, which is found in the text before pieces are.
  ///
  /// - Throws: ``TokenError`` with code `malformedVocabulary` for two equal pieces of text.
  func indexed(_ kinds: [Kind]) throws(TokenError) -> PieceIndex {
    var index = PieceIndex(
      isByteLevel ? ByteAlphabet.decode(pieces, kinds) : pieces)
    var twins: (Int, Int)?
    var plainCount = 0
    kinds.withUnsafeBufferPointer { kinds in
      index.insert {
        if kinds[$0].isPlainText { plainCount += 1 }
        return !kinds[$0].isPlainText && (kinds[$0] != .byte || isByteLevel)
      } clash: {
        if pieces[$0] == pieces[$1] { twins = ($0, $1) }
      }
      guard plainCount > 0 else { return }
      index.insert {
        kinds[$0].isPlainText
      } clash: { _, _ in
      }
    }
    if let (first, second) = twins {
      throw malformed(
        "tokens \(first) and \(second) are both '\(String(decoding: pieces[first], as: UTF8.self))'",
        "different pieces")
    }
    return index
  }

  func malformed(_ found: String, _ expected: String) -> TokenError {
    TokenError(
      .malformedVocabulary,
      "vocabulary: \(found) (expected \(expected)). The file is damaged; fetch or convert it again."
    )
  }
}

extension Vocabulary.Kind {
  /// Whether such a token is stored as the text it is matched by, not as a piece.
  var isPlainText: Bool { self == .control || self == .unknown || self == .userDefined }
}
