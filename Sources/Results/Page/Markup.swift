/// Strangers' text, made harmless.
enum Markup {
  /// Text for HTML and SVG, in elements and in quoted attributes.
  static func html(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped += visible(scalar)
      }
    }
    return escaped
  }

  /// Text within a line of Markdown or a cell of a table: nothing in it is markup.
  static func markdown(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\r", "\t": escaped += " "
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!", ">": escaped += "\\\(scalar)"
      default: escaped += visible(scalar)
      }
    }
    return escaped
  }

  /// A block that shows text as it is, fenced by more backticks than any in it.
  static func fenced(_ text: String) -> String {
    var longest = 0
    var run = 0
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)text\n\(text.unicodeScalars.map(visible).joined())\n\(fence)"
  }

  /// A character; those that a page or a terminal would obey, or that turn the direction of text,
  /// as their code.
  private static func visible(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x09, 0x0A: String(scalar)
    case 0x0D: ""
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069,
      0xFEFF, 0xFFFE, 0xFFFF:
      "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default: String(scalar)
    }
  }

  /// The first characters of a long text, and how many more there are.
  static func shortened(_ text: String, to most: Int) -> String {
    text.count <= most ? text : "\(text.prefix(most))… (\(text.count - most) more characters)"
  }
}
