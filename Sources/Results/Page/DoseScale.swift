import Foundation

/// Where doses lie on an axis: as they are, or, where they grow by factors, by their logarithm on
/// either side of 0, so that those around 0 do not fall together.
struct DoseScale {
  /// The doses, each once, smallest first.
  let values: [Double]
  /// Whether logarithms are drawn.
  let isLogarithmic: Bool
  private let least: Double

  init(_ doses: [Double]) {
    values = Set(doses).sorted()
    let sizes = Set(values.map(abs)).filter { $0 > 0 }.sorted()
    least = sizes.first ?? 1
    // Three sizes that grow by factors, not by steps.
    isLogarithmic =
      sizes.count > 2 && sizes[sizes.count - 1] / sizes[0] >= 8
      && zip(sizes, sizes.dropFirst()).allSatisfy { $1 / $0 >= 1.5 }
  }

  /// A dose's place; the smallest ones are as far from 0 as from their doubles.
  func place(_ dose: Double) -> Double {
    guard isLogarithmic, dose != 0 else { return dose }
    let steps = 1 + log2(abs(dose) / least)
    return dose < 0 ? -steps : steps
  }

  /// The doses to write below the axis: all if there is room, else round numbers; nil: as the axis
  /// has it.
  func ticks(_ most: Int) -> [(place: Double, value: Double)]? {
    guard isLogarithmic || values.count <= most else { return nil }
    let step = max(1, (values.count + most - 1) / most)
    return values.enumerated().filter { $0.offset % step == 0 }
      .map { (place($0.element), $0.element) }
  }
}
