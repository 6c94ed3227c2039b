import Foundation
import Jinja
import TestSupport
import Testing

/// What jinja2 made of templates, recorded by `Scripts/dev/record_jinja.py`.
struct Recording {
  let clock: Clock
  let context: [(name: String, value: Variable)]
  let snippets: [Variable]
  let templates: [Variable]
  private let always: [(name: String, value: Variable)]
  private let conversations: Variable

  static let shared = Result { try Recording() }

  private init() throws {
    let whole = try OrderedJSON.read(Golden.bytes("jinja.json"))
    func part(_ name: String) throws -> Variable { try #require(whole[name]) }
    guard case .int(let seconds) = try part("seconds") else {
      throw OrderedJSON.Malformed()
    }
    clock = Clock(seconds: seconds)
    context = try part("context").variables
    always = try part("always").variables
    conversations = try part("conversations")
    snippets = try part("snippets").items
    templates = try part("templates").items
  }

  /// The variables of a recorded conversation.
  func conversation(_ name: String) throws -> [(name: String, value: Variable)] {
    let own = try #require(conversations[name]).variables
    return always.filter { variable in !own.contains { $0.name == variable.name } } + own
  }

  /// The source of a recorded template.
  static func source(_ name: String) throws -> String {
    String(decoding: try Golden.bytes("jinja/" + name), as: UTF8.self)
  }

  /// What a template gives, or the message of its error.
  static func outcome(
    _ source: String, _ variables: [(name: String, value: Variable)], _ clock: Clock
  ) -> Result<String, JinjaError> {
    do {
      return .success(try Template(source).render(variables, clock: clock))
    } catch let error as JinjaError {
      return .failure(error)
    } catch {
      Issue.record("another error than the room's: \(error)")
      return .success("")
    }
  }
}
