/// Finding entries by name.
extension API {
  /// What a name was found to be: an entry, or a field of one.
  public struct Hit: Sendable, Hashable {
    /// The entry; the class, for a field.
    public let entry: Entry
    /// The field that was asked for.
    public let field: Field?

    /// The whole name: `cast.Model:generate`, `cast.GenerateOptions.seed`.
    public var name: String { field?.name.map { "\(entry.name).\($0)" } ?? entry.name }
    /// The first sentence of what it is.
    public var summary: String { field.map { API.firstSentence(of: $0.text) } ?? entry.summary }
    /// Whether it is a function or a method.
    var isCall: Bool {
      if field == nil, case .function = entry.kind { true } else { false }
    }
  }

  /// The entry of a whole name.
  public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

  /// The class of a name.
  public func type(_ name: String) -> Class? {
    for entry in entries where entry.name == name {
      if case .type(let content) = entry.kind { return content }
    }
    return nil
  }

  /// The type that a name stands for; nil if it is no alias.
  public func alias(_ name: String) -> LuaType? {
    for entry in entries where entry.name == name {
      if case .alias(let type) = entry.kind { return type }
    }
    return nil
  }

  /// The fields of a class, those of its parents first.
  public func fields(of name: String) -> [Field] {
    guard let content = type(name) else { return [] }
    return content.parents.filter { $0 != name }.flatMap { fields(of: $0) } + content.fields
  }

  /// The methods of a class, in order.
  public func methods(of name: String) -> [Entry] {
    entries.filter { $0.name.hasPrefix(name + ":") }
  }

  /// The entries directly in a module, in order: `cast.vector.build` in `cast.vector`.
  public func members(of module: String) -> [Entry] {
    let prefix = module + "."
    return entries.filter { entry in
      guard entry.name.hasPrefix(prefix), !entry.name.dropFirst(prefix.count).contains(".") else {
        return false
      }
      switch entry.kind {
      case .type, .alias: return false
      case .module, .value, .function: return !entry.name.contains(":")
      }
    }
  }

  /// The alternatives of a type, aliases replaced by what they stand for and nil left out.
  public func alternatives(of type: LuaType) -> [LuaType] {
    alternatives(of: type, depth: 0)
  }

  private func alternatives(of type: LuaType, depth: Int) -> [LuaType] {
    type.alternatives.flatMap { one -> [LuaType] in
      if one == .named("nil") { return [] }
      guard case .named(let name) = one, depth < 20, let inner = alias(name) else { return [one] }
      return alternatives(of: inner, depth: depth + 1)
    }
  }

  // MARK: For people

  /// What a person means by a name.
  ///
  /// The whole name, the name without `cast.` or with a variable for the class, or its last part, in
  /// any case: `cast.vector.build`, `vector.build`, `model:generate`, `v:save`, `steer`.
  ///
  /// - Returns: One hit for a whole name that is written as it is declared; else all that fit,
  ///   functions before types before fields.
  /// - Throws: ``APIError`` with code `unknownName` and the nearest names.
  public func find(_ asked: String) throws(APIError) -> [Hit] {
    let name = asked.hasSuffix("()") ? String(asked.dropLast(2)) : asked
    if let entry = entry(name) { return [Hit(entry: entry, field: nil)] }
    let key = API.key(name)
    let all = entries.map { Hit(entry: $0, field: nil) } + allFields
    var hits = all.filter { hit in
      [hit.name, hit.field == nil ? hit.entry.spoken : hit.name]
        .contains { API.key($0) == key || API.key($0) == "cast." + key }
    }
    if !name.contains(where: { $0 == "." || $0 == ":" }) {
      hits += all.filter { hit in
        let short = hit.field?.name ?? hit.entry.shortName
        return API.key(short) == key && !hits.contains(hit)
      }
    }
    guard hits.isEmpty else { return hits.sorted { API.rank($0) < API.rank($1) } }
    throw APIError(.unknownName, "no entry '\(asked)' in the Lua API" + hint(name, all))
  }

  private var allFields: [Hit] {
    entries.flatMap { entry -> [Hit] in
      guard case .type(let content) = entry.kind else { return [] }
      return content.fields.filter { $0.name != nil }.map { Hit(entry: entry, field: $0) }
    }
  }

  private func hint(_ name: String, _ all: [Hit]) -> String {
    let key = API.key(name)
    // What is asked for may be the whole name, or lack its first parts.
    let names = all.map { hit -> (String, Int) in
      let parts = API.key(hit.name).split(separator: ".")
      let tails = parts.indices.map { parts[$0...].joined(separator: ".") }
      return (hit.name, tails.map { NearestName.edits(key, $0) }.min() ?? .max)
    }
    let nearest = names.filter { $0.1 <= max(1, (key.utf8.count + 1) / 4) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map { "'\($0.0)'" }
    guard !nearest.isEmpty else { return ". 'casthost help' lists what there is." }
    return " (did you mean \(nearest.joined(separator: " or "))?)"
  }

  /// Lower case, dots only.
  private static func key(_ name: String) -> String {
    name.lowercased().replacing(":", with: ".")
  }

  private static func rank(_ hit: Hit) -> Int {
    if hit.field != nil { return 3 }
    switch hit.entry.kind {
    case .function: return 0
    case .module, .value: return 1
    case .type, .alias: return 2
    }
  }
}
