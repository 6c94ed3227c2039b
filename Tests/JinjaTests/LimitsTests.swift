import Jinja
import Testing

/// A template is a stranger's program: it may loop, nest and grow, and must be stopped.
@Suite("Limits of templates")
struct LimitsTests {
  @Test(
    "What never ends, or grows without bound, is an error in one sentence",
    arguments: [
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro m(n) %}{{ m(n) ~ m(n) }}{% endmacro %}{{ m(1) }}",
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
      "{% for a in range(99999) %}{% for b in range(99999) if false %}{% endfor %}{% endfor %}",
      "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
      "{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
      "{% set n = namespace(s=[]) %}{% for i in range(999) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s }}",
      "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
      "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = (n.s, n.s) %}{% endfor %}{{ {n.s: 1} }}",
      "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
      "{% set n = namespace() %}{% set n.n = [n] %}{{ n.n }}",
      "{{ 'x' * 999999999999 }}", "{{ [1] * 999999999999 }}", "{{ 'x'.center(999999999999) }}",
      "{{ '%999999999d' % 1 }}", "{{ '{:>999999999}'.format(1) }}", "{{ '%.999999999f' % 1 }}",
      "{{ 9 ** 99 }}", "{{ 9223372036854775807 + 1 }}", "{{ 99999999999999999999 }}",
      "{{ ('a' * 9999999).replace('a', 'b' * 9999999) }}",
      "{{ ['a' * 999999] * 999 | join }}", "{{ (['a' * 999999] * 9999) | join }}",
      "{{ ('a' * 9999999) | replace('', 'b') }}", "{{ 'a\\n' * 999999 | indent(999999) }}",
      "{{ ('a\\n' * 999999) | indent(999999) }}", "{{ [1] | batch(999999999, 1) | list }}",
      "{{ [1] | slice(999999999) | list }}", "{{ '\\t'.expandtabs(999999999) }}",
      "{{ range(0, 9223372036854775807) }}", "{{ '1'.zfill(999999999) }}",
      "{{ [['a' * 99999] * 999] * 999 | tojson }}", "{{ ([['a' * 99999] * 999] * 999) | tojson }}",
      "{{ [1, 2] | tojson(indent=999999999) }}",
      "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
      "{% set n = namespace(m=0) %}{% macro a() %}{{ n.m() }}{% endmacro %}{% set n.m = a %}{{ a() }}",
      "{% for i in range(99999) %}{{ '%.400f' % 1e-300 }}{% endfor %}",
      "{% for i in range(99999) %}{{ 'x' * 999999 }}{% endfor %}",
      "{% set b = 'x' * 9999999 %}{% for i in range(99999) %}{{ b | length }}{{ b == b }}{% endfor %}",
      "{% set b = 'x' * 9999999 %}{% for i in range(99999) %}{{ {b: 1}[b] }}{% endfor %}",
      "{{ (['x' * 9999999] * 99999) | map('int') | list | length }}",
      "{{ ([{}] * 99999) | map(attribute='x.' * 9999, default={}) | list | length }}",
      "{% set n = namespace(s=(1,)) %}{% for i in range(60) %}{% set n.s = (n.s, n.s) %}{% endfor %}"
        + "{{ n.s in {1: 1} }}{{ n.s == n.s }}",
    ])
  func stopped(_ source: String) {
    let clock = ContinuousClock()
    let time = clock.measure {
      guard case .failure(let error) = Recording.outcome(source, [], Clock(seconds: 0)) else {
        Issue.record("no error")
        return
      }
      let codes: [JinjaError.Code] = [.limit, .forbidden, .type]
      #expect(codes.contains(error.code), "\(error)")
      #expect(!error.message.contains("\n") && error.message.utf8.count < 300)
    }
    #expect(time < .seconds(300), "bounded, even in a slow build beside others")
  }

  @Test(
    "Deep sources are refused, whatever nests",
    arguments: [
      ("(", "1", ")"), ("[", "", "]"), ("{1:", "1", "}"), ("-", "1", ""), ("not ", "1", ""),
      ("1 if 1 else ", "1", ""), ("f(", "", ")"), ("a[", "0", "]"), ("a|f(", "0", ")"),
    ])
  func nesting(_ open: String, _ middle: String, _ close: String) {
    for count in [1000, 100_000] {
      let expression =
        String(repeating: open, count: count) + middle + String(repeating: close, count: count)
      let outcome = Recording.outcome("{{ \(expression) }}", [], Clock(seconds: 0))
      #expect(throws: JinjaError.self) { try outcome.get() }
    }
  }

  @Test("Deep blocks are refused")
  func blocks() {
    for block in ["{% if 1 %}", "{% for a in b %}", "{% with %}", "{% set a %}", "{% call m() %}"] {
      let source = String(repeating: block, count: 10_000)
      #expect(throws: JinjaError.self) { try Template(source) }
    }
  }

  @Test("Long chains are no nesting")
  func chains() throws {
    let sum = Array(repeating: "1", count: 20_000).joined(separator: " + ")
    #expect(try Template("{{ \(sum) }}").render([]) == "20000")
    let filters = String(repeating: "|string", count: 5000)
    #expect(try Template("{{ 1\(filters) }}").render([]) == "1")
    let branches = String(repeating: "{% elif 0 %}x", count: 5000)
    #expect(try Template("{% if 0 %}\(branches){% else %}y{% endif %}").render([]) == "y")
  }

  @Test("Limits can be set")
  func own() throws {
    var limits = Limits()
    limits.steps = 100
    let template = try Template("{% for a in range(n) %}.{% endfor %}", limits: limits)
    #expect(try template.render([(name: "n", value: .int(10))]) == "..........")
    let error = #expect(throws: JinjaError.self) {
      try template.render([(name: "n", value: .int(100))])
    }
    #expect(error?.code == .limit)
    limits.source = 3
    #expect(throws: JinjaError.self) { try Template("abcd", limits: limits) }
    limits = Limits()
    limits.string = 10
    #expect(throws: JinjaError.self) { try Template("12345678901", limits: limits).render([]) }
  }

  @Test("What the host gives may not be nested without bound either")
  func variables() throws {
    var deep = Variable.int(1)
    for _ in 0..<1000 { deep = .list([deep]) }
    let error = #expect(throws: JinjaError.self) {
      try Template("{{ a }}").render([(name: "a", value: deep)])
    }
    #expect(error?.code == .limit)
  }
}
