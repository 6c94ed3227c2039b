/// How much a template may do; a template is a stranger's program.
public struct Limits: Sendable, Hashable {
  /// Longest source, in bytes.
  public var source = 1 << 20
  /// Deepest nesting of blocks and expressions in the source.
  public var nesting = 100
  /// Deepest nesting of expressions, blocks and macro calls at work.
  public var depth = 300
  /// Deepest nesting of lists and dictionaries.
  public var valueDepth = 100
  /// Most steps: parts of the template at work, and elements made or visited.
  public var steps = 4_000_000
  /// Longest string, and longest output, in bytes.
  public var string = 1 << 24
  /// Most bytes in all strings that are made.
  public var bytes = 1 << 28

  /// The limits that models' templates get.
  public init() {}
}

/// What is left of the limits while a template renders.
final class Budget {
  let limits: Limits
  private var steps: Int
  private var bytes: Int

  init(_ limits: Limits) {
    self.limits = limits
    steps = limits.steps
    bytes = limits.bytes
  }

  /// Counts steps.
  func spend(_ count: Int = 1) throws {
    steps -= count
    if steps < 0 {
      throw JinjaError(.limit, "more than \(limits.steps) steps. Shorten the conversation.")
    }
  }

  /// Counts the steps of going through a value once, if it is a string.
  func read(_ value: Value) throws {
    if case .string(let text) = value { try spend(text.bytes.count / 64) }
  }

  /// Counts the bytes of a string that is about to be made.
  func allocate(_ count: Int) throws {
    guard count <= limits.string else {
      throw JinjaError(
        .limit, "a string of more than \(limits.string) bytes. Shorten the conversation.")
    }
    bytes -= count
    if bytes < 0 {
      throw JinjaError(
        .limit, "strings of more than \(limits.bytes) bytes in all. Shorten the conversation.")
    }
  }

  /// Counts the bytes of a string that is made of equal parts.
  func allocate(_ count: Int, times: Int) throws {
    let (total, overflow) = count.multipliedReportingOverflow(by: times)
    try allocate(overflow ? Int.max : total)
  }

  /// Checks how deeply a list or dictionary is nested.
  func check(depth: Int) throws {
    guard depth <= limits.valueDepth else {
      throw JinjaError(.limit, "lists and dictionaries nested more than \(limits.valueDepth) deep.")
    }
  }
}
