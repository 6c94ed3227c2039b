/// What ended a call into Lua, told so that the author of a recipe can act on it.
public struct LuaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of end it was; decides the exit code.
  public enum Code: String, Sendable {
    /// An error of the recipe.
    case script
    /// Something that no flag of this run allows.
    case permission
    /// The wall clock of the run, or the Lua time of one callback.
    case timeLimit
    /// Lua memory or tensor memory.
    case memoryLimit
    /// The user pressed Ctrl-C.
    case interrupted
    /// Wrong options on the command line, or a recipe for a newer host.
    case usage
    /// No error: the command line asked for the recipe's options, and the message shows them.
    case help
  }

  /// What kind of end it was.
  public var code: Code
  /// What went wrong and what to do, without the position.
  public var message: String
  /// The chunk name where it happened, as `recipe.lua`.
  public var file: String?
  /// The line where it happened, from 1.
  public var line: Int?
  /// The recipe's own frames, innermost first: `recipe.lua:3: in function 'f'`.
  public var traceback: [String]
  /// Where in the run it happened: hook, layer, step.
  public var notes: [String]

  /// Makes an error; the machine adds position and traceback when it passes through Lua.
  public init(
    _ code: Code = .script, _ message: String, file: String? = nil, line: Int? = nil,
    traceback: [String] = [], notes: [String] = []
  ) {
    self.code = code
    self.message = message
    self.file = file
    self.line = line
    self.traceback = traceback
    self.notes = notes
  }

  /// The exit code of `casthost run` for this error.
  public var exitCode: Int32 {
    switch code {
    case .help: 0
    case .script: 1
    case .usage: 2
    case .permission: 3
    case .timeLimit: 124
    case .memoryLimit: 125
    case .interrupted: 130
    }
  }

  /// Position, message and notes, as one text.
  public var description: String {
    ([located] + notes.map { "  " + $0 }).joined(separator: "\n")
  }

  /// The description with the traceback below it; a wrong command line needs none.
  public var report: String {
    if traceback.isEmpty || code == .usage { return description }
    let frames = traceback.map { "  " + $0 }
    return ([description, "stack traceback:"] + frames).joined(separator: "\n")
  }

  /// The same error with one more line about where in the run it happened.
  public func adding(note: String) -> LuaError {
    var error = self
    error.notes.append(note)
    return error
  }

  /// Message with its position, as Lua writes it.
  var located: String {
    guard let file else { return message }
    return line.map { "\(file):\($0): \(message)" } ?? "\(file): \(message)"
  }
}

extension LuaError {
  /// Splits `recipe.lua:3: what` into its position and the rest.
  static func splitPosition(_ text: String) -> (file: String, line: Int, message: String)? {
    var search = text.startIndex
    while let colon = text[search...].firstIndex(of: ":") {
      let file = text[..<colon]
      let rest = text[text.index(after: colon)...]
      let digits = rest.prefix { $0.isNumber && $0.isASCII }
      let after = rest[digits.endIndex...]
      if let line = Int(digits), after.hasPrefix(": "), looksLikeChunk(file) {
        return (String(file), line, String(after.dropFirst(2)))
      }
      search = text.index(after: colon)
    }
    return nil
  }

  private static func looksLikeChunk(_ file: Substring) -> Bool {
    file.hasSuffix(".lua") || (file.hasPrefix("[string \"") && file.hasSuffix("\"]"))
  }
}
