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

  /// A token in a text.
  struct Match {
    /// Where it starts.
    let start: Int
    /// Where the text goes on: after the token, and the white space that it swallows.
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
  private let swallowing: Set<Int32>

  /// - Parameters:
  ///   - pieces: Bytes of all tokens, by id.
  ///   - kinds: What each token is for, by id.
  ///   - swallowing: Tokens that swallow the white space after them.
  init(_ pieces: PieceTable, _ kinds: [Vocabulary.Kind], swallowing: [Int32]) {
    self.swallowing = Set(swallowing)
    for id in 0..<kinds.count {
      switch kinds[id] {
      case .control, .unknown: insert(pieces[id], Int32(id), isUserDefined: false)
      case .userDefined: insert(pieces[id], Int32(id), isUserDefined: true)
      default: continue
      }
    }
  }

  /// The first token at or after a position.
  ///
  /// - Parameters:
  ///   - text: The whole text.
  ///   - position: Where to start looking, in bytes.
  ///   - scope: Which tokens are recognised.
  /// - Returns: Nil if there is none up to the end.
  func firstMatch(
    in text: UnsafeBufferPointer<UInt8>, from position: Int, _ scope: Scope
  ) -> Match? {
    guard scope == .all || hasUserDefined, let bytes = text.baseAddress else { return nil }
    let starts = scope == .all ? startsAny : startsUserDefined
    let found = starts.withUnsafeBufferPointer { starts in
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
    guard let found else { return nil }
    var end = found.end
    if swallowing.contains(found.token) {
      while end < text.count, bytes[end] == 0x20 || (0x09...0x0D).contains(bytes[end]) { end += 1 }
    }
    return Match(start: found.start, end: end, token: found.token)
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
