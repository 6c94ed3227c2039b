/// What else is to be known of a token that is looked for in the text, as Hugging Face stores it.
struct AddedTokenRule: Sendable, Hashable {
  /// Whether it takes the white space before it.
  var takesSpaceBefore = false
  /// Whether it takes the white space after it.
  var takesSpaceAfter = false
  /// Whether it is looked for in normalized text, and normalized itself.
  var isNormalized = false
}

/// Tokens that are looked for in the text itself before it is split into words.
///
/// The longest token at the leftmost place wins. A trie of bytes, so a text of n bytes takes
/// O(n · longest token) at worst, and O(n) unless it is full of beginnings of tokens.
struct SpecialTokens: Sendable {
  /// Which tokens are recognised.
  enum Scope {
    /// User-defined ones only: they are text that happens to be matched first.
    case userDefined
    /// Control and unknown tokens too.
    case all
  }

  /// A token in a text, or a part of it without tokens.
  enum Part {
    case text(Range<Int>)
    case token(Int32)
  }

  /// A token in a text.
  private struct Match {
    let start: Int
    let end: Int
    let token: Int32
  }

  /// A node of the trie, its children in a list; node 0 is the root.
  private struct Node {
    var byte: UInt8
    var isUserDefined = false
    var token: Int32 = -1
    var child: Int32 = -1
    var sibling: Int32 = -1
  }

  private var nodes = [Node(byte: 0)]
  /// By first byte: whether a token of any kind, or a user-defined one, starts with it.
  private var startsAny = [Bool](repeating: false, count: 256)
  private var startsUserDefined = [Bool](repeating: false, count: 256)
  private var hasUserDefined = false
  /// Tokens that swallow the ASCII white space after them.
  private let swallowing: Set<Int32>
  private let rules: [Int32: AddedTokenRule]

  private init(swallowing: [Int32], rules: [Int32: AddedTokenRule]) {
    self.swallowing = Set(swallowing)
    self.rules = rules
  }

  /// The tokens of a vocabulary that are looked for before and after normalization.
  ///
  /// - Parameters:
  ///   - vocabulary: Says which swallow white space, and which are looked for after.
  ///   - pieces: Bytes of all tokens, by id.
  ///   - kinds: What each token is for, by id.
  /// - Returns: Those for text as it is, and those for normalized text.
  static func both(
    _ vocabulary: Vocabulary, _ pieces: PieceTable, _ kinds: [Vocabulary.Kind]
  ) -> (before: SpecialTokens, after: SpecialTokens) {
    let rules = vocabulary.addedTokens
    var before = SpecialTokens(swallowing: vocabulary.stripsSpaceAfter, rules: rules)
    var after = SpecialTokens(swallowing: [], rules: rules)
    for id in 0..<kinds.count where kinds[id].isPlainText {
      let (token, isUserDefined) = (Int32(id), kinds[id] == .userDefined)
      if rules[token]?.isNormalized == true {
        let piece = Array(pieces[id]).withUnsafeBufferPointer { vocabulary.normalizer.apply($0) }
        after.insert(piece[...], token, isUserDefined: isUserDefined)
      } else {
        before.insert(pieces[id], token, isUserDefined: isUserDefined)
      }
    }
    return (before, after)
  }

  /// Whether there are no tokens.
  var isEmpty: Bool { nodes.count == 1 }

  /// Goes through the parts of a text, from left to right.
  func parts(of text: UnsafeBufferPointer<UInt8>, _ scope: Scope) -> Parts {
    Parts(tokens: self, text: text, scope: scope)
  }

  /// The parts of a text, one after the other.
  struct Parts {
    fileprivate let tokens: SpecialTokens
    fileprivate let text: UnsafeBufferPointer<UInt8>
    fileprivate let scope: Scope
    /// Up to where the text has been handed out.
    private var position = 0
    /// From where tokens are looked for; white space that a token took may be a token too.
    private var search = 0
    private var waiting: Int32?

    fileprivate init(
      tokens: SpecialTokens, text: UnsafeBufferPointer<UInt8>, scope: Scope
    ) {
      self.tokens = tokens
      self.text = text
      self.scope = scope
    }

    /// The next part, or nil at the end.
    mutating func next() -> Part? {
      if let token = waiting {
        waiting = nil
        return .token(token)
      }
      guard let match = tokens.firstMatch(in: text, from: search, scope) else {
        guard position < text.count else { return nil }
        defer { (position, search) = (text.count, text.count) }
        return .text(position..<text.count)
      }
      let start = max(tokens.start(of: match, in: text), position)
      let before = position
      position = tokens.end(of: match, in: text)
      search = tokens.swallowing.contains(match.token) ? position : match.end
      guard before < start else { return .token(match.token) }
      waiting = match.token
      return .text(before..<start)
    }
  }

  /// Where the white space that a token takes before it starts.
  private func start(of match: Match, in text: UnsafeBufferPointer<UInt8>) -> Int {
    guard rules[match.token]?.takesSpaceBefore == true, let bytes = text.baseAddress else {
      return match.start
    }
    var start = match.start
    while start > 0 {
      var lead = start - 1
      while lead > 0, start - lead < 4, bytes[lead] & 0xC0 == 0x80 { lead -= 1 }
      let (scalar, count) = ScalarReader.scalar(bytes, at: lead, end: start)
      guard lead + count == start, ScalarCategory.isWhiteSpace(scalar) else { break }
      start = lead
    }
    return start
  }

  /// Where the text goes on after a token and the white space that it takes.
  private func end(of match: Match, in text: UnsafeBufferPointer<UInt8>) -> Int {
    guard let bytes = text.baseAddress else { return match.end }
    var end = match.end
    if swallowing.contains(match.token) {
      while end < text.count, bytes[end] == 0x20 || (0x09...0x0D).contains(bytes[end]) { end += 1 }
    } else if rules[match.token]?.takesSpaceAfter == true {
      while end < text.count {
        let (scalar, count) = ScalarReader.scalar(bytes, at: end, end: text.count)
        guard ScalarCategory.isWhiteSpace(scalar) else { break }
        end += count
      }
    }
    return end
  }

  /// The first token at or after a position.
  ///
  /// - Parameters:
  ///   - text: The whole text.
  ///   - position: Where to start looking, in bytes.
  ///   - scope: Which tokens are recognised.
  /// - Returns: Nil if there is none up to the end.
  private func firstMatch(
    in text: UnsafeBufferPointer<UInt8>, from position: Int, _ scope: Scope
  ) -> Match? {
    guard scope == .all || hasUserDefined, let bytes = text.baseAddress else { return nil }
    let starts = scope == .all ? startsAny : startsUserDefined
    return starts.withUnsafeBufferPointer { starts in
      nodes.withUnsafeBufferPointer { nodes -> Match? in
        guard let starts = starts.baseAddress, let nodes = nodes.baseAddress else { return nil }
        var start = position
        while start < text.count {
          if starts[Int(bytes[start])] {
            let (end, token) = longest(nodes, bytes, from: start, to: text.count, scope)
            if token >= 0 { return Match(start: start, end: end, token: token) }
          }
          start += 1
        }
        return nil
      }
    }
  }

  /// The token with exactly these bytes, or -1.
  func find(_ piece: [UInt8]) -> Int32 {
    var node = 0
    for byte in piece {
      node = child(of: node, byte)
      if node < 0 { return -1 }
    }
    return nodes[node].token
  }

  private func longest(
    _ nodes: UnsafePointer<Node>, _ text: UnsafePointer<UInt8>, from start: Int, to end: Int,
    _ scope: Scope
  ) -> (end: Int, token: Int32) {
    var node = 0
    var position = start
    var found: (end: Int, token: Int32) = (start, -1)
    while position < end {
      let byte = text[position]
      node = Int(nodes[node].child)
      while node >= 0, nodes[node].byte != byte { node = Int(nodes[node].sibling) }
      guard node >= 0 else { break }
      position += 1
      if nodes[node].token >= 0, scope == .all || nodes[node].isUserDefined {
        found = (position, nodes[node].token)
      }
    }
    return found
  }

  private mutating func insert(_ piece: ArraySlice<UInt8>, _ token: Int32, isUserDefined: Bool) {
    guard let first = piece.first else { return }
    startsAny[Int(first)] = true
    if isUserDefined {
      startsUserDefined[Int(first)] = true
      hasUserDefined = true
    }
    var node = 0
    for byte in piece {
      var next = child(of: node, byte)
      if next < 0 {
        next = nodes.count
        nodes.append(Node(byte: byte, sibling: nodes[node].child))
        nodes[node].child = Int32(next)
      }
      node = next
    }
    // Of two tokens with the same bytes the first counts.
    guard nodes[node].token < 0 else { return }
    nodes[node].token = token
    nodes[node].isUserDefined = isUserDefined
  }

  private func child(of node: Int, _ byte: UInt8) -> Int {
    var child = Int(nodes[node].child)
    while child >= 0, nodes[child].byte != byte { child = Int(nodes[child].sibling) }
    return child
  }
}
