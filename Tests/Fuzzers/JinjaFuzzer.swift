import JSON
import Jinja

extension Fuzzer {
  /// Chat templates.
  static let jinja = Fuzzer(
    "jinja", rounds: 1500, seeds: templates,
    words: [
      "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "{% raw %}", "{% endraw %}", "'", "\"",
      "\\", "\\u", "\\x4", "(", ")", "[", "]", "{", "}", "|", "~", "**", "//", "%", ":", "::-1",
      ",", ".", "=", "==", "<", " in ", " not ", " is ", " if ", " else ", " and ", " or ",
      "loop", "loop.last", "loop.length", "ns.x", "namespace()", "range(9)", "caller()",
      "varargs", "messages", "tools", "{% for x in messages %}", "{% endfor %}",
      "{% for a, b in tools recursive %}", "{{ loop(x) }}", "{% set x %}", "{% endset %}",
      "{% set ns.x = ns %}", "{% macro m(x, y=1) %}", "{% endmacro %}", "{{ m(m) }}",
      "{% call(x) m(1) %}", "{% endcall %}", "{% filter upper %}", "{% endfilter %}",
      "{% generation %}", "{% endgeneration %}", "{% break %}", "{% continue %}", "{% if x %}",
      "{% elif y %}", "{% else %}", "{% endif %}", "{% with a=1 %}", "{% endwith %}", "|tojson",
      "|tojson(indent=2)", "|list", "|map('upper')", "|map(attribute='role')", "|selectattr('x')",
      "|sort", "|unique", "|groupby('role')", "|join(', ')", "|indent(9)", "|round(99)", "|int",
      "|batch(3)", "|slice(3)", "|dictsort", "|items", "|first", "|last", "|reverse", "|sum",
      "|format(1)", "'%s %d %5.3f'", "'{:>9}{}'.format(1, 2)", ".split()", ".split('a')",
      ".strip()", ".items()", ".get('role')", ".upper()", ".replace('', 'x')", ".center(99)",
      "is defined", "is mapping", "9223372036854775807", "-9223372036854775808", "1e308", "0.1",
      "0x7F", "none", "true", "é", "\u{1F600}", "\u{0}", "\u{2028}", "{{ cycler(1, 2).next() }}",
      "joiner()", "strftime_now('%c')", "raise_exception('x')", "* 99", "+ messages", "[1:]",
      "[::2]", "[-1]",
    ]
  ) { bytes in
    // A mutant may work hard; a run of thousands of them has no time for each to do so.
    var limits = Limits()
    limits.steps = 20_000
    limits.bytes = 1 << 22
    let template = try Template(String(decoding: bytes, as: UTF8.self), limits: limits)
    var rendered = 0
    var last: (any Error)?
    for context in contexts {
      do {
        let text = try template.render(context, clock: Clock(seconds: 1_785_000_000))
        rendered += 1
        let again = try template.render(context, clock: Clock(seconds: 1_785_000_000))
        try FuzzFinding.unless(text == again, "two renderings differ")
      } catch let error as JinjaError {
        last = error
      }
    }
    if rendered == 0, let last { throw last }
  }

  private static let recording = try? JSONValue(parsing: recorded("jinja.json"), .python)

  /// The templates whose texts `Tests/Golden` has, and the small ones.
  private static let templates: [[UInt8]] = {
    let files = Set(recording?["templates"]?.array?.compactMap { $0["template"]?.string } ?? [])
    let small = (recording?["snippets"]?.array ?? []).filter { $0["rendered"] != nil }
      .compactMap { $0["template"]?.string }
    return files.sorted().map { recorded("jinja/" + $0) } + small.map { Array($0.utf8) }
  }()

  private static let contexts: [[(name: String, value: Variable)]] = {
    func variables(_ value: JSONValue?) -> [(name: String, value: Variable)] {
      (value?.object ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, Variable($0.value)) }
    }
    let always = variables(recording?["always"])
    return ["tools", "thinking", "calls", "empty"]
      .map { name in
        let own = variables(recording?["conversations"]?[name])
        return always.filter { variable in !own.contains { $0.name == variable.name } } + own
      } + [variables(recording?["context"])]
  }()
}

extension Variable {
  fileprivate init(_ value: JSONValue) {
    switch value {
    case .null: self = .none
    case .bool(let flag): self = .bool(flag)
    case .number(let number): self = value.integer.map { .int($0) } ?? .float(number)
    case .string(let string): self = .string(string)
    case .array(let elements): self = .list(elements.map { Variable($0) })
    case .object(let members):
      self = .dict(
        members.sorted { $0.key < $1.key }.map { Variable.Entry($0.key, Variable($0.value)) })
    }
  }
}
