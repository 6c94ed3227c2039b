import Kernels

/// How long products of packed matrices take.
enum ProductTiming {
  /// Seconds for one product, the mean over some time.
  ///
  /// - Parameters:
  ///   - matrices: Taken in turn; of the same shape, at least one.
  ///   - rows: Rows of the input that are multiplied.
  ///   - input: At least `[rows, columns]`.
  ///   - output: At least `[rows, outputs]`.
  ///   - arithmetic: How they are multiplied.
  ///   - lanes: The threads.
  ///   - least: Seconds to go on for.
  /// - Returns: Seconds.
  static func seconds(
    of matrices: [PackedMatrix], rows: Int, _ input: Tensor, to output: Tensor,
    _ arithmetic: Arithmetic, _ lanes: Lanes, for least: Double
  ) -> Double {
    let rounded = RoundedRows()
    var products = 0
    var elapsed = 0.0
    let begun = ContinuousClock.now
    repeat {
      PackedMatrix.multiply(
        input.base, count: rows, by: [(matrices[products % matrices.count], output.base)],
        arithmetic: arithmetic, rounded: rounded, lanes: lanes)
      products += 1
      elapsed = (ContinuousClock.now - begun) / .seconds(1)
    } while elapsed < least
    return elapsed / Double(products)
  }
}
