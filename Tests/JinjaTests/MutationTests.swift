import Foundation
import Jinja
import TestSupport
import Testing

/// Damaged templates are rendered or refused; they never crash and never hang.
///
/// `CASTHOST_FUZZ_SECONDS` makes it go on for that long, from `CASTHOST_FUZZ_SEED`.
@Suite("Mutated templates")
struct MutationTests {
  private static let words = [
    "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "{% raw %}", "{% endraw %}", "'", "\"", "\\",
    "\\u", "\\x4", "(", ")", "[", "]", "{", "}", "|", "~", "**", "//", "%", ":", "::-1", ",", ".",
    "=", "==", "<", " in ", " not ", " is ", " if ", " else ", " and ", " or ", "loop", "loop.last",
    "loop.length", "ns.x", "namespace()", "range(9)", "caller()", "varargs", "messages", "tools",
    "{% for x in messages %}", "{% endfor %}", "{% for a, b in tools recursive %}", "{{ loop(x) }}",
    "{% set x %}", "{% endset %}", "{% set ns.x = ns %}", "{% macro m(x, y=1) %}", "{% endmacro %}",
    "{{ m(m) }}", "{% call(x) m(1) %}", "{% endcall %}", "{% filter upper %}", "{% endfilter %}",
    "{% generation %}", "{% endgeneration %}", "{% break %}", "{% continue %}", "{% if x %}",
    "{% elif y %}", "{% else %}", "{% endif %}", "{% with a=1 %}", "{% endwith %}", "|tojson",
    "|tojson(indent=2)", "|list", "|map('upper')", "|map(attribute='role')", "|selectattr('x')",
    "|sort", "|unique", "|groupby('role')", "|join(', ')", "|indent(9)", "|round(99)", "|int",
    "|batch(3)", "|slice(3)", "|dictsort", "|items", "|first", "|last", "|reverse", "|sum",
    "|format(1)", "'%s %d %5.3f'", "'{:>9}{}'.format(1, 2)", ".split()", ".split('a')", ".strip()",
    ".items()", ".get('role')", ".upper()", ".replace('', 'x')", ".center(99)", "is defined",
    "is mapping", "9223372036854775807", "-9223372036854775808", "1e308", "0.1", "0x7F", "none",
    "true", "é", "\u{1F600}", "\u{0}", "\u{2028}", "{{ cycler(1, 2).next() }}", "joiner()",
    "strftime_now('%c')", "raise_exception('x')", "* 99", "+ messages", "[1:]", "[::2]", "[-1]",
  ]

  private let recording: Recording
  private let corpus: [String]
  private let contexts: [[(name: String, value: Variable)]]

  init() throws {
    let recording = try Recording.shared.get()
    self.recording = recording
    let files = Set(recording.templates.compactMap { $0["template"]?.text }).sorted()
    corpus =
      try files.map { try Recording.source($0) }
      + recording.snippets.compactMap { $0["template"]?.text }
    contexts =
      try ["tools", "thinking", "calls", "empty"].map { try recording.conversation($0) }
      + [recording.context]
  }

  private func mutate(_ source: String, _ random: inout SeededGenerator) -> String {
    var bytes = Array(source.utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
        bytes.removeSubrange(place..<end)
      case 1:
        let end = min(bytes.count, place + Int.random(in: 1...60, using: &random))
        bytes.insert(
          contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
      case 2 where place < bytes.count: bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
      case 3:
        let other = Array((corpus.randomElement(using: &random) ?? "").utf8)
        let start = Int.random(in: 0...other.count, using: &random)
        let end = min(other.count, start + Int.random(in: 1...80, using: &random))
        bytes.insert(contentsOf: other[start..<end], at: place)
      default:
        let word = MutationTests.words.randomElement(using: &random) ?? ""
        bytes.insert(contentsOf: word.utf8, at: place)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("Mutants of recorded templates end in text or in an error with its line")
  func mutants() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["CASTHOST_FUZZ_SECONDS"].flatMap(Double.init)
    var random = SeededGenerator(seed: environment["CASTHOST_FUZZ_SEED"].flatMap(UInt64.init) ?? 1)
    // A mutant may work hard; a test of thousands of them has no time for each to do so.
    var limits = Limits()
    limits.steps = 20_000
    limits.bytes = 1 << 22
    let start = ContinuousClock.now
    var count = 0
    var rendered = 0
    while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? (count < 3000) {
      let source = mutate(corpus.randomElement(using: &random) ?? "", &random)
      count += 1
      let began = ContinuousClock.now
      do {
        let template = try Template(source, limits: limits)
        for context in contexts {
          do {
            let text = try template.render(context, clock: recording.clock)
            rendered += 1
            if text != (try template.render(context, clock: recording.clock)) {
              Issue.record("two renderings differ: \(source.debugDescription)")
            }
          } catch let error as JinjaError where error.line != nil { continue }
        }
      } catch let error as JinjaError where error.line != nil || error.code == .limit {
        continue
      } catch {
        Issue.record("\(error): \(source.debugDescription)")
      }
      if ContinuousClock.now - began > .seconds(5) {
        Issue.record("slow: \(source.debugDescription)")
      }
    }
    #expect(rendered > count / 20)
  }
}
