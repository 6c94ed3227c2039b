import Foundation

/// Numbers as a person reads them.
enum Digits {
  /// All digits of a number, an integer without a point.
  static func exact(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : number.description
  }

  /// Three significant digits, without needless zeros: `12.3`, `0.0012`, `1.2e9`; a real minus sign.
  static func short(_ number: Double) -> String {
    guard number.isFinite else { return "\(number)" }
    let size = abs(number)
    let text: String
    if number == 0 {
      text = "0"
    } else if size >= 1e6 || size < 1e-4 {
      text = String(format: "%.2e", size).replacing("e+0", with: "e").replacing("e+", with: "e")
        .replacing("e-0", with: "e−").replacing("e-", with: "e−")
    } else {
      let decimals = max(0, 2 - Int(log10(size).rounded(.down)))
      text = trimmed(String(format: "%.\(decimals)f", size))
    }
    return number < 0 ? "−" + text : text
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
  }
}

/// Maps values to a length, linearly or by their logarithm, and knows round numbers between.
struct Axis {
  let low: Double
  let high: Double
  let isLogarithmic: Bool

  /// Spans some values, or what is around a single one.
  ///
  /// Values that are all positive and far apart get a logarithmic axis.
  init(_ values: [Double], mayBeLogarithmic: Bool = true) {
    let finite = values.filter(\.isFinite)
    let least = finite.min() ?? 0
    let most = finite.max() ?? 1
    isLogarithmic = mayBeLogarithmic && least > 0 && most / least > 50
    if least == most {
      let room = isLogarithmic ? 0 : max(abs(least) * 0.1, 0.5)
      (low, high) = (least - room, most + room)
    } else {
      (low, high) = (least, most)
    }
  }

  /// The same axis with some room at both ends.
  func widened(by share: Double) -> Axis {
    if isLogarithmic {
      let room = (log10(high) - log10(low)) * share
      return Axis(low: pow(10, log10(low) - room), high: pow(10, log10(high) + room), true)
    }
    let room = (high - low) * share
    return Axis(low: low - room, high: high + room, false)
  }

  private init(low: Double, high: Double, _ isLogarithmic: Bool) {
    self.low = low
    self.high = high
    self.isLogarithmic = isLogarithmic
  }

  /// Where a value lies, 0 at the low end and 1 at the high end.
  func place(_ value: Double) -> Double {
    guard high > low else { return 0.5 }
    if isLogarithmic { return log10(max(value, .leastNormalMagnitude) / low) / log10(high / low) }
    return (value - low) / (high - low)
  }

  /// Round numbers within, about as many as wanted.
  func ticks(_ wanted: Int) -> [Double] {
    guard high > low else { return [low] }
    if isLogarithmic {
      let powers =
        Int(
          log10(low).rounded(.up))...max(
          Int(log10(low).rounded(.up)), Int(log10(high).rounded(.down)))
      let step = max(1, powers.count / max(1, wanted))
      let ticks = stride(from: powers.lowerBound, through: powers.upperBound, by: step)
        .map { pow(10, Double($0)) }
      let inside = ticks.filter { $0 >= low && $0 <= high }
      if inside.count > 1 { return inside }
      return [1.0, 2, 5]
        .flatMap { part in
          (powers.lowerBound - 1...powers.upperBound + 1).map { part * pow(10, Double($0)) }
        }
        .filter { $0 >= low && $0 <= high }.sorted()
    }
    let rough = (high - low) / Double(max(1, wanted))
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1.0, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
    var ticks: [Double] = []
    var tick = (low / step).rounded(.up)
    while tick * step <= high + step * 1e-9 {
      ticks.append(tick * step + 0)
      tick += 1
    }
    return ticks
  }
}

extension Digits {
  /// Few digits, for a cell of a heat map: as many decimals as the largest of the map needs.
  static func cell(_ number: Double, largest: Double) -> String {
    guard largest > 0, largest < 1000, largest >= 0.001 else { return short(number) }
    let decimals = max(1, 2 - Int(log10(largest).rounded(.down)) - (largest < 1 ? 1 : 0))
    let text = trimmed(String(format: "%.\(decimals)f", abs(number)))
    return number < 0 && text != "0" ? "−" + text : text
  }
}
