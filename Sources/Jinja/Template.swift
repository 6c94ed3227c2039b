/// A Jinja template as Hugging Face renders those of models.
///
/// The language of Jinja 3.1 in its immutable sandbox, with `trim_blocks`, `lstrip_blocks`,
/// `break` and `continue`, generation blocks, `raise_exception`, `strftime_now`, and a `tojson`
/// that leaves HTML and non-ASCII characters alone. Parsed once; immutable.
public final class Template: Sendable {
  let body: [Statement]
  let names: [String]
  /// Which names are functions that every template can call.
  let functions: [Int: GlobalFunction]
  let loopName: Int
  let callerName: Int
  let kwargsName: Int
  let varargsName: Int
  private let ids: [String: Int]
  private let limits: Limits

  /// Parses a template.
  ///
  /// - Parameters:
  ///   - source: A Jinja template.
  ///   - limits: How much it may do.
  /// - Throws: ``JinjaError`` with code `syntax`, `unsupported` or `limit`, and the line.
  public init(_ source: String, limits: Limits = Limits()) throws {
    var parser = try Parser(source, limits)
    body = try parser.template()
    loopName = parser.id(of: "loop")
    callerName = parser.id(of: "caller")
    kwargsName = parser.id(of: "kwargs")
    varargsName = parser.id(of: "varargs")
    names = parser.names
    var ids: [String: Int] = [:]
    for (id, name) in names.enumerated() { ids[name] = id }
    self.ids = ids
    var functions: [Int: GlobalFunction] = [:]
    for function in GlobalFunction.allCases {
      if let id = ids[function.rawValue] { functions[id] = function }
    }
    self.functions = functions
    self.limits = limits
  }

  /// Renders the template.
  ///
  /// - Parameters:
  ///   - variables: What the template can ask for, such as `messages`.
  ///   - clock: The time that `strftime_now` tells.
  /// - Returns: The text.
  /// - Throws: ``JinjaError``; with code `raised` where the template calls `raise_exception`.
  public func render(
    _ variables: [(name: String, value: Variable)], clock: Clock = Clock(seconds: 0)
  ) throws -> String {
    let renderer = Renderer(self, limits, clock)
    let context = Scope(in: nil)
    for (name, variable) in variables {
      // What the template never mentions need not be converted.
      guard let id = ids[name] else { continue }
      context.set(id, try variable.value(renderer.budget))
    }
    return try renderer.render(context)
  }
}
