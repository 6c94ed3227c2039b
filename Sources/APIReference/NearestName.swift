/// "Did you mean": the nearest known name to a misspelt one.
public enum NearestName {
  /// Longest name that is looked at, in bytes.
  private static let longest = 60

  /// The nearest of some names, or nil if none is near; of equally near ones the first by name.
  public static func of(_ word: String, among names: some Sequence<String>) -> String? {
    let limit = max(1, (word.utf8.count + 1) / 4)
    var best: (name: String, edits: Int)?
    for name in names where name != word {
      let edits = edits(word, name)
      guard edits <= limit else { continue }
      if let known = best, (known.edits, known.name) <= (edits, name) { continue }
      best = (name, edits)
    }
    return best?.name
  }

  /// ` (did you mean 'x'?)`, or nothing if no name is near.
  public static func hint(for word: String, among names: some Sequence<String>) -> String {
    of(word, among: names).map { " (did you mean '\($0)'?)" } ?? ""
  }

  /// Edit distance with swapped neighbours (optimal string alignment), case ignored.
  static func edits(_ left: String, _ right: String) -> Int {
    let a = Array(left.lowercased().utf8)
    let b = Array(right.lowercased().utf8)
    guard a.count <= longest, b.count <= longest else { return longest }
    var before: [Int] = []
    var above = Array(0...b.count)
    for i in 0..<a.count {
      var here = [i + 1]
      for j in 0..<b.count {
        var edits = min(above[j + 1] + 1, here[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          edits = min(edits, before[j - 1] + 1)
        }
        here.append(edits)
      }
      before = above
      above = here
    }
    return above[b.count]
  }
}
