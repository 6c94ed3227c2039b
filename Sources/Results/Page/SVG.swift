import Foundation

/// A drawing: shapes with classes, which the page's style sheet colours.
struct SVG {
  typealias Place = (x: Double, y: Double)
  typealias Size = (width: Double, height: Double)

  private var body = ""
  private let head: String

  init(width: Double, height: Double, title: String) {
    let (width, height) = (SVG.number(width), SVG.number(height))
    head =
      "<svg viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\" role=\"img\" "
      + "aria-label=\"\(Markup.html(title))\">"
  }

  /// The drawing as an element.
  var text: String { head + body + "</svg>" }

  mutating func rectangle(
    _ place: Place, _ size: Size, kind: String, style: String = "", tip: String? = nil
  ) {
    body +=
      "<rect class=\"\(kind)\" x=\"\(SVG.number(place.x))\" y=\"\(SVG.number(place.y))\" "
      + "width=\"\(SVG.number(size.width))\" height=\"\(SVG.number(size.height))\""
      + (style.isEmpty ? "" : " style=\"\(style)\"") + SVG.end("rect", tip)
  }

  mutating func line(_ from: Place, _ to: Place, kind: String) {
    body +=
      "<line class=\"\(kind)\" x1=\"\(SVG.number(from.x))\" y1=\"\(SVG.number(from.y))\" "
      + "x2=\"\(SVG.number(to.x))\" y2=\"\(SVG.number(to.y))\"/>"
  }

  mutating func path(_ places: [Place], kind: String, isClosed: Bool = false) {
    guard let first = places.first else { return }
    let steps = places.dropFirst().map { "L\(SVG.number($0.x)) \(SVG.number($0.y))" }.joined()
    body +=
      "<path class=\"\(kind)\" d=\"M\(SVG.number(first.x)) \(SVG.number(first.y))\(steps)"
      + (isClosed ? "Z" : "") + "\"/>"
  }

  /// A small figure; each number has its own, so that colour is not all that tells lines apart.
  mutating func marker(_ place: Place, _ number: Int, kind: String, tip: String) {
    let r = 3.6
    let (x, y) = place
    let outline: [Place]
    switch number % 6 {
    case 1: outline = [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]
    case 2: outline = [(x, y - r * 1.3), (x + r * 1.2, y + r), (x - r * 1.2, y + r)]
    case 3: outline = [(x, y - r * 1.4), (x + r * 1.4, y), (x, y + r * 1.4), (x - r * 1.4, y)]
    case 4: outline = [(x, y + r * 1.3), (x + r * 1.2, y - r), (x - r * 1.2, y - r)]
    case 5:
      outline = [
        (x - r * 1.5, y - r / 2), (x + r * 1.5, y - r / 2), (x + r * 1.5, y + r / 2),
        (x - r * 1.5, y + r / 2),
      ]
    default:
      body +=
        "<circle class=\"\(kind)\" cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"\(r)\""
        + SVG.end("circle", tip)
      return
    }
    let steps = outline.dropFirst().map { "L\(SVG.number($0.x)) \(SVG.number($0.y))" }.joined()
    body +=
      "<path class=\"\(kind)\" d=\"M\(SVG.number(outline[0].x)) \(SVG.number(outline[0].y))\(steps)Z\""
      + SVG.end("path", tip)
  }

  mutating func text(
    _ text: String, _ place: Place, kind: String, style: String = "", turned: Bool = false
  ) {
    let turn =
      turned ? " transform=\"rotate(-90 \(SVG.number(place.x)) \(SVG.number(place.y)))\"" : ""
    body +=
      "<text class=\"\(kind)\" x=\"\(SVG.number(place.x))\" y=\"\(SVG.number(place.y))\"\(turn)"
      + (style.isEmpty ? "" : " style=\"\(style)\"") + ">\(Markup.html(text))</text>"
  }

  private static func end(_ element: String, _ tip: String?) -> String {
    tip.map { "><title>\(Markup.html($0))</title></\(element)>" } ?? "/>"
  }

  private static func number(_ value: Double) -> String {
    let rounded = (value * 10).rounded() / 10
    return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
  }

  /// A label that fits its place.
  static func cut(_ text: String, _ most: Int) -> String {
    text.count <= most ? text : text.prefix(most - 1) + "…"
  }
}
