import APIReference

/// A table of named options, `{max_tokens = 32, …}`, that refuses names nobody asked for.
///
/// ```swift
/// let options = try call.options(2)
/// let count = try options["max_tokens"].integer(default: 64, in: 1...100_000)
/// let stop = options["stop"]
/// try options.finish()
/// ```
public final class OptionTable {
  private let table: LuaTable
  private let place: Argument.Place
  private let machine: LuaMachine
  private var asked: [String] = []

  init(table: LuaTable, place: Argument.Place, machine: LuaMachine) {
    self.table = table
    self.place = place
    self.machine = machine
  }

  /// The option of a name, given or not.
  public subscript(name: String) -> Argument {
    asked.append(name)
    return Argument(
      value: table.fields[name], place: .option(name: name, function: place.function),
      machine: machine)
  }

  /// The entry at a position of a table that mixes both, `{vector, scale = 4}`, from 1.
  public subscript(position: Int) -> Argument {
    let value = position >= 1 && position <= table.list.count ? table.list[position - 1] : nil
    return Argument(value: value, place: place.entry("[\(position)]"), machine: machine)
  }

  /// The entries without a name.
  public var list: [Argument] { table.list.indices.map { self[$0 + 1] } }

  /// The names that were given, sorted.
  public var names: [String] { table.fields.keys.sorted() }

  /// The error for options that do not go together.
  func bad(_ reason: String) -> LuaError { LuaError(.script, "\(place.text) (\(reason))") }

  /// Refuses options that nobody asked for.
  ///
  /// - Parameter allowsList: Whether entries without a name are fine.
  /// - Throws: ``LuaError`` naming the first unknown option, with a suggestion.
  public func finish(allowsList: Bool = false) throws {
    machine.observer?.options(asked, place)
    for name in names where !asked.contains(name) {
      throw LuaError(
        .script,
        "unknown option '\(name)' to '\(place.function)'"
          + NearestName.hint(for: name, among: asked))
    }
    if !allowsList && !table.list.isEmpty || !table.indexed.isEmpty || table.hasOtherKeys {
      throw LuaError(
        .script,
        "\(place.text) (table of named options expected, got entries without a name)")
    }
  }
}
