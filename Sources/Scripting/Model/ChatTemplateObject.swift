import Jinja
import Tokens

/// A chat template without a model, in a recipe.
final class ChatTemplateObject: HostObject {
  static let luaName = "chat template"
  private let template: ChatTemplate
  private let clock: Clock

  init(_ template: ChatTemplate, _ clock: Clock) {
    self.template = template
    self.clock = clock
  }

  static func declare(in type: ClassDeclaration<ChatTemplateObject>) {
    type.property("source") { .string($0.template.source) }
    type.method("render", in: .anywhere) { object, call in
      .string(try object.render(call))
    }
    type.text { "chat template (\($0.template.source.utf8.count) bytes)" }
  }

  /// `render(messages, {add_generation_prompt = false, bos_token, …})`; what a template may ask for
  /// is up to the template, so that every name is an option.
  private func render(_ call: Call) throws -> String {
    let messages = try call.argument(1, "messages").variable()
    let options = try call.argument(2, "options")
    var variables = [
      Variable.Entry("add_generation_prompt", .bool(false)), Variable.Entry("messages", messages),
    ]
    if !options.isMissing {
      let table = try options.table()
      guard table.list.isEmpty, table.indexed.isEmpty, !table.hasOtherKeys else {
        throw options.mismatch("table of named variables")
      }
      for name in table.fields.keys.sorted() {
        guard let value = table.fields[name] else { continue }
        let argument = Argument(
          value: value, place: .option(name: name, function: "render"), machine: call.machine)
        variables.append(Variable.Entry(name, try argument.variable(called: name)))
      }
    }
    do {
      return try template.render(variables, clock: clock)
    } catch let error as JinjaError {
      throw LuaError(.script, error.code == .raised ? error.message : "\(error)")
    }
  }
}

extension ModelLibrary {
  /// Declares `cast.chat_template`.
  func declareChatTemplates(in cast: HostModule) {
    cast.function("chat_template", in: .anywhere) { [clock] call in
      let source = try call.argument(1, "source").text()
      do {
        return .object(ChatTemplateObject(try ChatTemplate(source: source), clock))
      } catch {
        throw LuaError(.script, "\(error)")
      }
    }
  }
}

extension Argument {
  /// Any value that JSON has a form for, as a template's variable.
  ///
  /// The keys of a table come in the order in which models saw them in training: those of messages
  /// and of JSON Schema as everybody writes them, the others sorted. Lua's tables have none.
  ///
  /// - Parameter key: Where the value stands in its table.
  /// - Returns: The variable.
  /// - Throws: ``LuaError`` for functions and other things without such a form.
  func variable(called key: String = "") throws -> Variable {
    switch value {
    case .nil?, nil: return .none
    case .boolean(let value)?: return .bool(value)
    case .integer(let value)?: return .int(value)
    case .number(let value)?: return .float(value)
    case .bytes?: return .string(try text())
    case .object(let object)? where object is JSONNull: return .none
    case .table(let table)?:
      guard table.indexed.isEmpty, !table.hasOtherKeys, table.list.isEmpty || table.fields.isEmpty
      else { throw mismatch("list or record") }
      func inner(_ value: LuaValue, _ key: String) throws -> Variable {
        try Argument(value: value, place: place.entry(".\(key)"), machine: machine)
          .variable(called: key)
      }
      if !table.list.isEmpty { return .list(try table.list.map { try inner($0, key) }) }
      // An empty table is an empty list, but where only a record makes sense.
      if table.fields.isEmpty { return KeyOrder.holdsRecord(key) ? .dict([]) : .list([]) }
      return .dict(
        try KeyOrder.sorted(table.fields)
          .map { Variable.Entry($0.key, try inner($0.value, $0.key)) }
      )
    default: throw mismatch("boolean, number, string or table")
    }
  }
}

/// The customary order of keys in messages, tool calls and tool declarations.
private enum KeyOrder {
  private static let first = [
    "role", "content", "id", "type", "function", "name", "description", "parameters", "arguments",
    "properties", "required",
  ]

  static func sorted(_ fields: [String: LuaValue]) -> [(key: String, value: LuaValue)] {
    func rank(_ key: String) -> Int { first.firstIndex(of: key) ?? first.count }
    return fields.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }
  }

  static func holdsRecord(_ key: String) -> Bool {
    ["arguments", "parameters", "properties", "function"].contains(key)
  }
}
