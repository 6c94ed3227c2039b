import Foundation

/// Colours of a heat map: blue below, orange above, told apart by people who see no red or green;
/// for a light page and for a dark one.
struct HeatColors {
  private let axis: Axis
  /// The value that has no colour, in the middle of the scale; nil for one that only rises.
  let center: Double?

  /// Spans values; those on both sides of a reference get two colours.
  init(_ values: [Double], reference: Double?) {
    axis = Axis(values)
    guard let reference, reference >= axis.low, reference <= axis.high else {
      center = nil
      return
    }
    center = reference
  }

  var low: Double { axis.low }
  var high: Double { axis.high }
  var isLogarithmic: Bool { axis.isLogarithmic }

  /// From −1 to 1, 0 in the middle; without a middle from 0 to 1.
  private func strength(_ value: Double) -> Double {
    let place = axis.place(value)
    guard let center else { return place }
    let middle = axis.place(center)
    // Both sides by the longer one, so that equal colours are equally far from the middle.
    let reach = max(middle, 1 - middle)
    return reach > 0 ? (place - middle) / reach : 0
  }

  /// The fill and the text upon it, light and dark, as custom properties of a style attribute.
  func style(_ value: Double) -> String {
    let strength = strength(value)
    let light = HeatColors.mix(HeatColors.light, strength)
    let dark = HeatColors.mix(HeatColors.dark, strength)
    return "--l:\(light.hex);--d:\(dark.hex);--tl:\(light.ink);--td:\(dark.ink)"
  }

  /// The colours from the low end to the high end, as many as wanted.
  func ramp(_ count: Int) -> [String] {
    (0..<count)
      .map { index in
        let share = Double(index) / Double(count - 1)
        let value =
          isLogarithmic
          ? low * Foundation.pow(high / low, share) : low + share * (high - low)
        return style(value)
      }
  }

  struct Color {
    let red: Double
    let green: Double
    let blue: Double

    init(_ red: Double, _ green: Double, _ blue: Double) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    var hex: String {
      "#"
        + [red, green, blue]
        .map { part in
          let byte = Int(min(max(part, 0), 255).rounded())
          return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        .joined()
    }

    /// Black or white, whichever stands out more (WCAG 2.1).
    var ink: String { luminance > 0.179 ? "#000" : "#fff" }

    var luminance: Double {
      func linear(_ part: Double) -> Double {
        let share = part / 255
        return share <= 0.04045 ? share / 12.92 : Foundation.pow((share + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
  }

  // From the low end over the middle to the high end.
  static let light = [
    Color(11, 74, 140), Color(102, 160, 206), Color(245, 245, 243), Color(238, 164, 92),
    Color(156, 72, 4),
  ]
  static let dark = [
    Color(120, 190, 255), Color(50, 104, 165), Color(43, 45, 50), Color(166, 92, 30),
    Color(255, 180, 96),
  ]

  static func mix(_ colors: [Color], _ strength: Double) -> Color {
    let place = (min(max(strength, -1), 1) + 1) / 2 * Double(colors.count - 1)
    let index = min(Int(place), colors.count - 2)
    let share = place - Double(index)
    let (one, other) = (colors[index], colors[index + 1])
    func between(_ part: KeyPath<Color, Double>) -> Double {
      one[keyPath: part] + share * (other[keyPath: part] - one[keyPath: part])
    }
    return Color(between(\.red), between(\.green), between(\.blue))
  }
}
