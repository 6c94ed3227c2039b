import Jinja
import TestSupport
import Testing

@Suite("Templates")
struct TemplateTests {
  private func check(_ recorded: Variable, _ outcome: Result<String, JinjaError>, _ name: String) {
    switch (recorded["rendered"]?.text, outcome) {
    case (let expected?, .success(let text)): #expect(text == expected, "\(name)")
    case (nil, .failure(let error)):
      if let message = recorded["error"]?.text, !message.isEmpty {
        #expect(error.message == message && error.code == .raised, "\(name)")
      }
      // Every error has its place.
      #expect(error.line != nil, "\(name)")
    case (let expected, let outcome):
      Issue.record("\(name): \(outcome), not \(expected ?? "an error")")
    }
  }

  @Test("Snippets of the language give what jinja2 gives, or are errors where it raises")
  func snippets() throws {
    let recording = try Recording.shared.get()
    #expect(recording.snippets.count > 600)
    for snippet in recording.snippets {
      let source = try #require(snippet["template"]?.text)
      check(snippet, Recording.outcome(source, recording.context, recording.clock), source)
    }
  }

  @Test("Templates in the styles of model families give what jinja2 gives on ten conversations")
  func templates() throws {
    let recording = try Recording.shared.get()
    #expect(recording.templates.count == 120)
    for entry in recording.templates {
      let file = try #require(entry["template"]?.text)
      let conversation = try #require(entry["conversation"]?.text)
      let outcome = Recording.outcome(
        try Recording.source(file), try recording.conversation(conversation), recording.clock)
      check(entry, outcome, "\(file) on \(conversation)")
    }
  }

  @Test(
    "Errors name the template's line",
    arguments: [
      ("a\n{{ x.y }}", 2), ("{% if a %}\n{% for b in c %}\n", 2), ("\n\n{{ 1 / 0 }}", 3),
      ("{# a\nb #}\n{{ 'a' + 1 }}", 3), ("{% macro m() %}\n{{ x.y }}{% endmacro %}\n{{ m() }}", 2),
      ("{% set a = 'x\ny' %}\n{{ a | nope }}", 3), ("\n{{ raise_exception('no') }}", 2),
      ("{% raw %}\n\n{% endraw %}{% endif %}", 3), ("{{ 'abc }}", 1), ("\n{{ a ? b }}", 2),
    ])
  func lines(_ source: String, _ line: Int) {
    guard case .failure(let error) = Recording.outcome(source, [], Clock(seconds: 0)) else {
      Issue.record("no error")
      return
    }
    #expect(error.line == line)
    #expect(error.description.hasPrefix("template, line \(line): "))
  }

  @Test("Strings are sequences of code points: what looks alike is not equal")
  func codePoints() throws {
    let template = try Template("{{ a == b }} {{ a | length }} {{ b | length }} {{ {a: 1}[b] }}")
    let text = try template.render([
      (name: "a", value: .string("é")), (name: "b", value: .string("e\u{301}")),
    ])
    #expect(text == "False 1 2 ")
  }

  @Test("The clock tells days, weeks and months of all centuries")
  func clock() throws {
    let template = try Template("{{ strftime_now('%Y-%m-%d %j %U %W %a %H:%M:%S %I%p') }}")
    for (seconds, expected) in [
      (0, "1970-01-01 001 00 00 Thu 00:00:00 12AM"),
      (951_782_400, "2000-02-29 060 09 09 Tue 00:00:00 12AM"),
      (-1, "1969-12-31 365 52 52 Wed 23:59:59 11PM"),
      (4_107_542_399, "2100-02-28 059 09 08 Sun 23:59:59 11PM"),
      (1_735_689_600, "2025-01-01 001 00 00 Wed 00:00:00 12AM"),
    ] {
      #expect(try template.render([], clock: Clock(seconds: seconds)) == expected)
    }
  }
}
