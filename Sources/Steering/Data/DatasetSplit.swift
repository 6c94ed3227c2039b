public import Engine
import Tokens

extension ContrastPair {
  /// What the pair is about, for telling whether two are the same: its question, or both sides;
  /// capitals and spaces do not count.
  var content: String {
    guard let question = fields["question"] else {
      return "\(ContrastPair.folded(positive)) | \(ContrastPair.folded(negative))"
    }
    return ContrastPair.folded(.text(question))
  }

  /// What the pair asks, in all the ways in which a question may be recognised.
  public var questions: Set<String> {
    var found: Set<String> = [
      ContrastPair.question(of: positive), ContrastPair.question(of: negative),
    ]
    if let question = fields["question"] { found.insert(ContrastPair.folded(.text(question))) }
    return found
  }

  /// What a prompt asks: the last message of the user, or all of it; capitals and spaces do not count.
  public static func question(of prompt: Prompt) -> String {
    guard case .messages(let messages) = prompt,
      let asked = messages.last(where: { $0.role == "user" })
    else { return folded(prompt) }
    return folded(.text(asked.content))
  }

  static func folded(_ prompt: Prompt) -> String {
    let text =
      switch prompt {
      case .text(let text): text
      case .messages(let messages):
        messages.map { "\($0.role) \($0.content)" }.joined(separator: " ")
      case .tokens(let ids): ids.map { "\($0)" }.joined(separator: " ")
      }
    return text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

extension ContrastSet {
  /// Cuts the set in two by a hash of the pairs' content: the order of the pairs does not matter,
  /// and pairs with the same content are on the same side.
  ///
  /// Both parts keep the set's order. The first is as near to `fraction` of the pairs as their
  /// duplicates allow.
  ///
  /// - Parameters:
  ///   - fraction: How much the first part gets, 0 to 1.
  ///   - field: A field of the pairs: those with the same value stay together; nil for their content.
  /// - Returns: Both parts.
  public func split(_ fraction: Double, by field: String? = nil) -> (ContrastSet, ContrastSet) {
    let keys = pairs.map { pair in
      field.flatMap { pair.fields[$0] }.map { "field \($0)" } ?? pair.content
    }
    var sizes: [String: Int] = [:]
    for key in keys { sizes[key, default: 0] += 1 }
    let order = sizes.keys.map { (hash: ContrastSet.hash($0), key: $0) }
      .sorted { ($0.hash, $0.key) < ($1.hash, $1.key) }
    let wanted = Int((Double(count) * min(max(fraction, 0), 1)).rounded())
    var taken = 0
    var first: Set<String> = []
    for (_, key) in order {
      let size = sizes[key] ?? 0
      // A group that reaches beyond the cut goes where it misses it by less.
      guard abs(taken + size - wanted) <= abs(taken - wanted), taken < wanted else { continue }
      taken += size
      first.insert(key)
    }
    func part(_ isFirst: Bool) -> ContrastSet {
      ContrastSet(
        zip(pairs, keys).filter { first.contains($0.1) == isFirst }.map(\.0), source: source)
    }
    return (part(true), part(false))
  }

  /// FNV-1a over UTF-8, its bits mixed: the same on every machine and in every version.
  static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return hash ^ (hash >> 31)
  }
}
