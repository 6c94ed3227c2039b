/// A value in a test, and what is expected of it: `expect(2 + 2):to_equal(4)`.
final class Expectation: HostObject {
  static let luaName = "expectation"
  let value: LuaValue

  init(_ value: LuaValue) { self.value = value }

  /// What a comparison came to.
  private struct Verdict {
    var holds: Bool
    /// What is wrong if it should have held.
    var fault = ""
    /// What is wrong if it should not have held.
    var opposite = ""
  }

  static func declare(in type: ClassDeclaration<Expectation>) {
    add("to_equal", to: type) { try $0.equals($1) }
    add("to_be_near", to: type) { try $0.isNear($1) }
    add("to_be_true", to: type) { expectation, call in
      let found = ValueText(call.machine).text(expectation.value)
      var isTrue = false
      if case .boolean(true) = expectation.value { isTrue = true }
      return Verdict(
        holds: isTrue, fault: "value is not true (expected true, found \(found))",
        opposite: "value is true (expected anything else)")
    }
    add("to_error", to: type) { try $0.raises($1) }
  }

  /// Declares a comparison and its opposite.
  private static func add(
    _ name: String, to type: ClassDeclaration<Expectation>,
    _ judge: @escaping (Expectation, Call) throws -> Verdict
  ) {
    type.method(name, in: .anywhere) { expectation, call in
      let verdict = try judge(expectation, call)
      guard verdict.holds else { throw LuaError(.script, "\(name): \(verdict.fault)") }
      return .nothing
    }
    type.method("not_" + name, in: .anywhere) { expectation, call in
      let verdict = try judge(expectation, call)
      guard !verdict.holds else { throw LuaError(.script, "not_\(name): \(verdict.opposite)") }
      return .nothing
    }
  }

  private func equals(_ call: Call) throws -> Verdict {
    let expected = try call.argument(1, "expected").value ?? .nil
    let difference = try ValueDifference(call.machine).between(value, expected)
    return Verdict(
      holds: difference == nil, fault: difference ?? "",
      opposite:
        "values are equal (expected any other, found \(ValueText(call.machine).text(value)))"
    )
  }

  private func isNear(_ call: Call) throws -> Verdict {
    let expected = try call.argument(1, "expected").value ?? .nil
    let tolerance = try call.argument(2, "tolerance").number(default: 1e-6, in: 0...(.infinity))
    let difference = try ValueDifference(call.machine, tolerance: tolerance)
      .between(value, expected)
    let text = ValueText(call.machine)
    return Verdict(
      holds: difference == nil, fault: difference ?? "",
      opposite: "values are within \(tolerance) of each other (expected "
        + "\(text.text(expected)) to be farther off, found \(text.text(value)))")
  }

  private func raises(_ call: Call) throws -> Verdict {
    let pattern = try call.argument(1, "pattern")
    let wanted = pattern.isMissing ? nil : try pattern.text()
    guard case .function(let function) = value else {
      throw LuaError(
        .script,
        "to_error: expect needs a function to call (expected function, found \(value.typeName))")
    }
    let shown = wanted.map { "an error with '\($0)'" } ?? "an error"
    do throws(LuaError) {
      try call.machine.call(function, results: 0)
      return Verdict(holds: false, fault: "nothing was raised (expected \(shown))")
    } catch {
      guard error.code == .script || error.code == .permission || error.code == .usage else {
        throw error
      }
      let message = error.description
      let matches = try wanted.map { try fits(message, $0, call.machine) } ?? true
      return Verdict(
        holds: matches, fault: "another error was raised (expected \(shown), found '\(message)')",
        opposite: "an error was raised (expected none such, found '\(message)')")
    }
  }

  /// Whether a message contains the text, or what the Lua pattern describes.
  private func fits(_ message: String, _ pattern: String, _ machine: LuaMachine) throws -> Bool {
    if message.contains(pattern) { return true }
    let find = try machine.load(
      "local text, pattern = ... return string.find(text, pattern) ~= nil", name: "expect.lua")
    let found = try machine.call(find, [.string(message), .string(pattern)])
    if case .boolean(true)? = found.first { return true }
    return false
  }
}
