/// A part of a template that has a value.
indirect enum Expression: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(Text)
  /// A variable, by its number in the template's table of names.
  case name(Int)
  case list([Expression])
  case tuple([Expression])
  case dict([(key: Expression, value: Expression)])
  /// Operators of one precedence, from the left.
  case chain(Expression, [(Operator, Expression)])
  /// `a ~ b ~ c`
  case concatenation([Expression])
  /// `a < b < c`
  case comparison(Expression, [(Comparison, Expression)])
  case and([Expression])
  case or([Expression])
  case not(Expression)
  case negative(Expression)
  case positive(Expression)
  /// `value if test else other`
  case conditional(test: Expression, value: Expression, other: Expression?, line: Int)
  /// A value and what is done to it, one after the other.
  case postfix(Expression, [Postfix])
}

enum Operator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case power = "**"
}

enum Comparison: String, Sendable {
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case contained = "in"
  case notContained = "not in"
}

/// What follows a value.
enum Postfix: Sendable {
  case attribute(Text)
  case item(Expression)
  case slice(Expression?, Expression?, Expression?)
  case call(Arguments)
  case filter(String, Arguments)
  case test(String, Arguments, isNegated: Bool)
}

/// Arguments as they are written.
struct Arguments: Sendable {
  var positional: [Expression] = []
  var keyword: [(name: String, value: Expression)] = []
  /// After `*`.
  var list: Expression?
  /// After `**`.
  var dictionary: Expression?
}

/// What `set` and `for` assign to.
indirect enum Target: Sendable {
  case name(Int)
  /// `ns.attribute`
  case attribute(Int, Text)
  case tuple([Target])
}

/// A part of a template that does something.
struct Statement: Sendable {
  indirect enum Kind: Sendable {
    case text(Text)
    case output([Expression])
    case assign(Target, Expression)
    case assignBlock(Target, [Postfix], [Statement])
    case loop(Loop)
    case branch([(test: Expression, body: [Statement])], otherwise: [Statement])
    case macro(Definition)
    /// `{% call(a) m(b) %}…{% endcall %}`
    case call(Definition, Expression, [Postfix], Arguments)
    case filter([Postfix], [Statement])
    case with([(Target, Expression)], [Statement])
    /// `{% generation %}…{% endgeneration %}`
    case generation(Definition)
    case leave
    case next
  }

  let kind: Kind
  let line: Int

  /// A loop, `{% for %}`.
  final class Loop: Sendable {
    let target: Target
    let values: Expression
    let condition: Expression?
    let isRecursive: Bool
    let body: [Statement]
    let otherwise: [Statement]

    init(
      _ target: Target, in values: Expression, if condition: Expression?, isRecursive: Bool,
      _ body: [Statement], else otherwise: [Statement]
    ) {
      self.target = target
      self.values = values
      self.condition = condition
      self.isRecursive = isRecursive
      self.body = body
      self.otherwise = otherwise
    }
  }

  /// A macro, or the body of a call block.
  final class Definition: Sendable {
    let name: String?
    let id: Int
    let parameters: [(id: Int, name: String, fallback: Expression?)]
    let body: [Statement]
    /// Which of `caller`, `varargs` and `kwargs` the body mentions.
    let mentions: Set<String>

    init(
      name: String?, id: Int, _ parameters: [(id: Int, name: String, fallback: Expression?)],
      _ body: [Statement], mentions: Set<String>
    ) {
      self.name = name
      self.id = id
      self.parameters = parameters
      self.body = body
      self.mentions = mentions
    }
  }
}
