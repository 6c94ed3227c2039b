import Engine

/// Rows turned by a random rotation.
enum RandomRotation {
  /// Every row turned by the same rotation, which is uniform among all of the space.
  ///
  /// In an orthonormal basis of the rows' span, each is a sum; the basis is exchanged for one of as
  /// many directions that are drawn.
  ///
  /// - Parameters:
  ///   - rows: `[rows][width]`.
  ///   - width: The width of the space.
  ///   - random: The directions come from it.
  /// - Returns: `[rows][width]`, with the lengths and angles of the rows.
  static func turned(
    _ rows: [[Double]], width: Int, using random: inout RandomSource
  ) -> [[Double]] {
    var (basis, drawn): ([[Double]], [[Double]]) = ([], [])
    return rows.map { row in
      let length = RowMath.norm(row)
      guard length > 0 else { return row }
      if basis.count < width, let next = orthonormal(row, to: basis) {
        basis.append(next)
        while drawn.count < basis.count {
          let values = (0..<width).map { _ in random.normal() }
          if let next = orthonormal(values, to: drawn) { drawn.append(next) }
        }
      }
      var turned = [Double](repeating: 0, count: width)
      for (old, new) in zip(basis, drawn) {
        let share = RowMath.dot(row, old)
        for index in 0..<width { turned[index] += share * new[index] }
      }
      let factor = length / RowMath.norm(turned)
      return turned.map { $0 * factor }
    }
  }

  /// What of a row is at right angles to a basis, at length 1; nil where that is nothing but
  /// rounding.
  private static func orthonormal(_ row: [Double], to basis: [[Double]]) -> [Double]? {
    var rest = row
    // Twice is enough (Giraud, Langou and Rozloznik 2005).
    for _ in 0..<2 {
      for axis in basis {
        let share = RowMath.dot(rest, axis)
        for index in rest.indices { rest[index] -= share * axis[index] }
      }
    }
    let length = RowMath.norm(rest)
    return length > 1e-6 * RowMath.norm(row) ? rest.map { $0 / length } : nil
  }
}
