/// Cuts text at the first of several stop strings and holds back what may become one.
struct StopRule {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []

  init(_ stops: [String]) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

  /// Takes the next piece of text.
  ///
  /// - Returns: What can be shown now, and whether a stop string was reached.
  mutating func append(_ text: String) -> (shown: String, reached: Bool) {
    guard !stops.isEmpty else { return (text, false) }
    held += Array(text.utf8)
    for start in held.indices {
      let rest = held[start...]
      if stops.contains(where: { rest.starts(with: $0) }) {
        let shown = String(decoding: held[..<start], as: UTF8.self)
        held = []
        return (shown, true)
      }
      // From here on the text may still become a stop string: keep it back.
      if stops.contains(where: { $0.starts(with: rest) }) {
        let shown = String(decoding: held[..<start], as: UTF8.self)
        held.removeSubrange(..<start)
        return (shown, false)
      }
    }
    let shown = String(decoding: held, as: UTF8.self)
    held = []
    return (shown, false)
  }

  /// What was held back when the text ends without a stop string.
  mutating func flush() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
