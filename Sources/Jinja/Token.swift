/// A part of a template's source.
struct Token {
  enum Kind: Equatable {
    /// Text that is written as it is.
    case data(Text)
    /// `{{`
    case outputBegin
    /// `}}`
    case outputEnd
    /// `{%`
    case blockBegin
    /// `%}`
    case blockEnd
    case name(String)
    case string(Text)
    case integer(Int)
    case float(Double)
    /// An operator or bracket.
    case symbol(String)
    case end
  }

  let kind: Kind
  /// From 1.
  let line: Int

  /// How messages call it.
  var text: String {
    switch kind {
    case .data: "text"
    case .outputBegin: "{{"
    case .outputEnd: "}}"
    case .blockBegin: "{%"
    case .blockEnd: "%}"
    case .name(let name): name
    case .string: "a string"
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .symbol(let symbol): symbol
    case .end: "the end of the template"
    }
  }
}
