import APIReference
import Kernels

/// A recipe that a person writes line by line: each entry runs when it is complete.
public final class ScriptSession {
  /// What an entry came to.
  public enum Step: Sendable, Hashable {
    /// It is no whole chunk yet: more lines are needed.
    case incomplete
    /// It ran; its values as texts, none for a statement.
    case done([String])
  }

  private let host: ScriptHost
  private let globals = HostModule("")
  private static let chunkName = "repl.lua"

  /// Begins a session; the host's models, if any, must be attached.
  public init(_ host: ScriptHost) {
    self.host = host
    host.install()
    globals.function("describe") { call in
      let value = try call.argument(1, "value").value ?? .nil
      call.machine.write(-1, Description(call.machine).text(value))
      return .nothing
    }
    host.machine.setGlobals(globals)
  }

  /// Runs an entry if it is complete: an expression, with or without `=` before it, or statements.
  ///
  /// - Parameter text: One line, or all lines since the last complete entry.
  /// - Returns: Its values, or that more lines are needed.
  /// - Throws: ``LuaError``: a syntax error, or what the entry raised. After one with code
  ///   `timeLimit`, `memoryLimit` or `interrupted` the state takes no further entries.
  public func enter(_ text: String) throws(LuaError) -> Step {
    guard let chunk = try compile(text) else { return .incomplete }
    do throws(LuaError) {
      let values = try host.machine.call(chunk, in: .load)
      let show = ValueText(host.machine)
      return .done(values.map { show.text($0) })
    } catch {
      // The entry has run; its value is only too deep to be copied, as a table in itself is.
      guard error.file == nil, error.message.hasPrefix("table nested more than") else {
        throw error
      }
      return .done(["a table, nested too deeply to be shown"])
    }
  }

  /// The entry as a function; nil if it ends too early.
  private func compile(_ text: String) throws(LuaError) -> LuaReference? {
    let entry = text.drop { $0.isWhitespace }
    if entry.hasPrefix("=") { return try load("return " + entry.dropFirst()) }
    if entry.isEmpty { return try load("") }
    do throws(LuaError) {
      if let chunk = try load("return " + text) { return chunk }
    } catch {
      return try load(text)
    }
    // `return f(` ends too early, and so does `f(`.
    return try load(text)
  }

  private func load(_ text: String) throws(LuaError) -> LuaReference? {
    do throws(LuaError) {
      return try host.machine.load(text, name: ScriptSession.chunkName)
    } catch {
      if error.message.hasSuffix("<eof>") || error.message.hasSuffix("'<eof>'") { return nil }
      throw error
    }
  }
}

/// What `describe` tells about a value: its type, and what one can do with it.
private struct Description {
  private let machine: LuaMachine

  init(_ machine: LuaMachine) { self.machine = machine }

  func text(_ value: LuaValue) -> String {
    let shown = ValueText(machine).text(value)
    switch value {
    case .tensor(let tensor): return shown + "\n" + statistics(tensor)
    case .table(let table): return "table: \(counts(table))\n\(shown)"
    case .object(let object): return described(object, shown)
    case .bytes:
      // The name of something in the API is what one most likely asks about.
      if let name = value.text, let help = try? API.current.help(name) { return help }
      return "string of \(value.text?.count ?? 0) characters: \(shown)"
    default: return "\(value.typeName): \(shown)"
    }
  }

  private func statistics(_ tensor: Tensor) -> String {
    let count = tensor.rows * tensor.columns
    guard count > 0 else { return "no elements" }
    var (least, most, sum, squares) = (Double.infinity, -Double.infinity, 0.0, 0.0)
    for index in 0..<count {
      let element = Double(tensor.base[index])
      least = min(least, element)
      most = max(most, element)
      sum += element
      squares += element * element
    }
    return "\(count) elements from \(Float(least)) to \(Float(most)), mean "
      + "\(Float(sum / Double(count))), norm \(Float(squares.squareRoot()))"
  }

  private func counts(_ table: LuaTable) -> String {
    let named = table.fields.count + table.indexed.count
    return "\(table.list.count) in the list, \(named) by other keys"
      + (table.hasOtherKeys ? ", and some by keys that are no text or integer" : "")
  }

  private func described(_ object: any HostObject, _ shown: String) -> String {
    let words = type(of: object).luaName.split(separator: " ")
    let name = "cast." + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    guard let help = try? API.current.help(name) else { return shown }
    return "\(shown)\n\n\(help)"
  }
}
