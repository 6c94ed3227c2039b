import CLua
import CLuaShim

/// The border in both directions: host functions called by Lua, and errors coming out of Lua.
extension LuaMachine {
  /// Runs a host function for C and returns the number of its results, or how to raise.
  func dispatch(_ state: OpaquePointer, _ number: Int32) -> Int32 {
    let function = functions[Int(number)]
    let outer = current
    current = state
    defer { current = outer }
    do {
      guard function.contexts.contains(context) else {
        throw LuaError(
          .script,
          "\(function.path) cannot be called in \(context.description) (allowed in: "
            + "\(function.contexts.description))")
      }
      try reserve(0, on: state)
      let begun = function.isModelTime ? cl_host_time_begin(state) : 0
      defer { if function.isModelTime { cl_host_time_end(state, begun) } }
      let call = Call(machine: self, state: state, function: function)
      guard let observer else { return try pushResults(function.body(call), to: state) }
      return try pushResults(observer.watch(function, call), to: state)
    } catch let error as LuaError {
      return raise(error, state)
    } catch {
      return raise(LuaError(.script, "\(error)"), state)
    }
  }

  /// Leaves the error's text on the stack and remembers the error itself.
  private func raise(_ error: LuaError, _ state: OpaquePointer) -> Int32 {
    pending = error  // a C function has 20 free slots, which is enough for this
    push(.string(error.located), to: state)
    return Int32(error.file == nil ? cl_raise_here : cl_raise_as_is)
  }

  /// Takes the message of a failed call from the stack and makes it an error again.
  func takeError() -> LuaError {
    let text = String(decoding: bytes(current, -1), as: UTF8.self)
    cl_pop(current, 1)
    var error = LuaError(.script, text)
    if let position = LuaError.splitPosition(text) {
      error.file = position.file
      error.line = position.line
      error.message = position.message
    } else if cl_error_line(current) > 0 {
      error.file = String(cString: cl_error_source(current))
      error.line = Int(cl_error_line(current))
    }
    let frames = String(cString: cl_traceback(current))
    error.traceback = frames.split(separator: "\n").map(String.init)
    if let pending, pending.message == error.message || pending.located == text {
      // The error of a host function, or of Lua code that a host function called: it knows more.
      error.code = pending.code
      error.notes = pending.notes
      error.traceback = LuaMachine.joined(pending.traceback, outer: error.traceback)
    }
    pending = nil
    if error.code == .help { error = LuaError(.help, error.message) }
    if error.message.hasPrefix("tensor memory limit exceeded") { error.code = .memoryLimit }
    switch cl_stopped(current) {
    case cl_stop_time, cl_stop_call_time: error.code = .timeLimit
    case cl_stop_memory: error.code = .memoryLimit
    case cl_stop_interrupt: error.code = .interrupted
    default: break
    }
    return error
  }

  /// The inner frames above the outer ones, which they contain already if both ran on one stack.
  private static func joined(_ inner: [String], outer: [String]) -> [String] {
    inner.suffix(outer.count).elementsEqual(outer) ? inner : inner + outer
  }

  /// Receives a line of `print` (`level` below 0) or of the log.
  func write(_ level: Int32, _ text: String) {
    guard level >= 0 else {
      if output.allowsPrint(text.utf8.count + 1, limits) { return console.print(text) }
      if output.isFirstRefusal {
        log(.warning, "output suppressed from here on (limit \(limits.outputBytes) bytes)")
      }
      return
    }
    if output.allowsLog(limits) {
      log(ScriptConsole.Level(rawValue: Int(level)) ?? .info, text)
    } else if output.isFirstLogRefusal {
      log(.warning, "log lines suppressed from here on (limit \(limits.logLines))")
    }
  }

  /// Sends a piece of generated text to the console, control characters escaped.
  public func stream(_ text: String) {
    guard output.allowsPrint(text.utf8.count, limits) else { return }
    console.stream(LuaMachine.escaped(text))
  }

  /// Control characters but newline and tab as escapes.
  static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? "\\\($0.value)" : String($0) }.joined()
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    (scalar.value < 0x20 && scalar != "\n" && scalar != "\t")
      || (0x7F..<0xA0).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
      || (0x2066...0x2069).contains(scalar.value)
  }

  private func log(_ level: ScriptConsole.Level, _ text: String) {
    let position = position
    console.log(
      ScriptConsole.Record(level: level, text: text, file: position?.file, line: position?.line))
  }
}

/// Counts what a script writes.
struct OutputMeter {
  private var bytes = 0
  private var lines = 0
  private var refusals = 0
  private var logRefusals = 0

  /// Whether the last refusal was the first.
  var isFirstRefusal: Bool { refusals == 1 }
  /// Whether the last refusal of a log line was the first.
  var isFirstLogRefusal: Bool { logRefusals == 1 }

  mutating func allowsPrint(_ count: Int, _ limits: ScriptLimits) -> Bool {
    if refusals == 0 && count <= limits.outputBytes - bytes {
      bytes += count
      return true
    }
    refusals += 1
    return false
  }

  mutating func allowsLog(_ limits: ScriptLimits) -> Bool {
    if lines < limits.logLines {
      lines += 1
      return true
    }
    logRefusals += 1
    return false
  }
}
