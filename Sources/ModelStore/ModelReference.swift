public import Foundation

/// What a recipe or a command line may call a model: a registered name, a place on the hub, or a
/// path.
public enum ModelReference: Sendable, Hashable {
  /// A model from the table, which may or may not be in the cache.
  case registered(RegisteredModel)
  /// A model of the hub, which may or may not be in the cache.
  case hub(HubReference)
  /// A file of the user's.
  case file(URL)

  /// Reads a reference.
  ///
  /// A registered name wins; what begins with `hf:` is a place on the hub; what contains a slash,
  /// ends in `.gguf`, or names something that is there is a path; anything else is a name that
  /// nobody registered.
  ///
  /// - Throws: ``ModelStoreError`` with code `unknownModel`, whose message lists the names and
  ///   suggests the nearest, or `unsupportedReference` for a malformed place on the hub.
  public init(_ text: String) throws(ModelStoreError) {
    if let model = RegisteredModel.named(text) {
      self = .registered(model)
      return
    }
    if text.hasPrefix(HubReference.prefix) {
      self = .hub(try HubReference(text))
      return
    }
    let looksLikePath = text.contains("/") || text.lowercased().hasSuffix(".gguf")
    guard looksLikePath || (!text.isEmpty && FileManager.default.fileExists(atPath: text)) else {
      throw Self.unknown(text)
    }
    self = .file(URL(fileURLWithPath: text))
  }

  private static func unknown(_ text: String) -> ModelStoreError {
    let names = RegisteredModel.all.map(\.name)
    let suggestion = nearest(to: text, among: names).map { " Did you mean \($0)?" } ?? ""
    return ModelStoreError(
      .unknownModel,
      "\(text.isEmpty ? "\"\"" : text): no such model.\(suggestion) "
        + "Registered: \(names.joined(separator: ", ")); or hf:owner/repo for a model of the hub; "
        + "or give the path of a .gguf file.")
  }
}

/// The name that a typing error or an abbreviation most likely meant, or nil.
///
/// A name that begins with `text` or that `text` begins with is nearest; otherwise the one at the
/// smallest edit distance, if that is at most a third of its length. Ties go to the earlier name.
func nearest(to text: String, among names: [String]) -> String? {
  let typed = text.lowercased()
  guard typed.count > 1 else { return nil }
  if let match = names.first(where: { $0.hasPrefix(typed) || typed.hasPrefix($0) }) {
    return match
  }
  let best = names.map { (name: $0, distance: editDistance(typed, $0)) }
    .min { $0.distance < $1.distance }
  guard let best, best.distance * 3 <= best.name.count else { return nil }
  return best.name
}

/// The Levenshtein distance: insertions, deletions and replacements of one character.
func editDistance(_ first: String, _ second: String) -> Int {
  let target = Array(second)
  var previous = Array(0...target.count)
  for (row, character) in first.enumerated() {
    var current = [row + 1]
    for (column, other) in target.enumerated() {
      let replaced = previous[column] + (character == other ? 0 : 1)
      current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
    }
    previous = current
  }
  return previous[target.count]
}
