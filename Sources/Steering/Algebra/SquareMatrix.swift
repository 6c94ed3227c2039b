/// A square matrix of float64, row after row.
struct SquareMatrix {
  let size: Int
  /// `[size × size]`, row-major.
  private(set) var values: [Double]

  /// A multiple of the identity.
  init(diagonal: Double, size: Int) {
    self.size = size
    values = Array(repeating: 0, count: size * size)
    for index in 0..<size { values[index * size + index] = diagonal }
  }

  /// A matrix of given elements, `[size × size]`.
  init(_ values: [Double], size: Int) {
    precondition(values.count == size * size, "\(values.count) elements of a \(size)² matrix")
    self.size = size
    self.values = values
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  /// One row.
  func row(_ index: Int) -> [Double] { Array(values[index * size..<(index + 1) * size]) }

  /// Adds factor · x xᵀ below and on the diagonal; ``mirrored`` fills the rest in.
  mutating func addLowerSquare(of x: [Double], by factor: Double = 1) {
    let size = size
    values.withUnsafeMutableBufferPointer { target in
      x.withUnsafeBufferPointer { x in
        for row in 0..<size {
          let scale = factor * x[row]
          let start = row * size
          for column in 0...row { target[start + column] += scale * x[column] }
        }
      }
    }
  }

  /// The symmetric matrix of which this holds the lower half.
  var mirrored: SquareMatrix {
    var whole = self
    for row in 0..<size {
      for column in 0..<row { whole[column, row] = self[row, column] }
    }
    return whole
  }

  /// Every element of this and another matrix, combined.
  func combined(
    with other: SquareMatrix, _ combine: (Double, Double) -> Double
  ) -> SquareMatrix {
    SquareMatrix(zip(values, other.values).map(combine), size: size)
  }

  /// Every element times a factor, and something added on the diagonal.
  func scaled(by factor: Double, plusDiagonal addition: Double = 0) -> SquareMatrix {
    var result = SquareMatrix(values.map { $0 * factor }, size: size)
    for index in 0..<size { result[index, index] += addition }
    return result
  }

  static func * (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
    let size = left.size
    var result = SquareMatrix(diagonal: 0, size: size)
    result.values.withUnsafeMutableBufferPointer { target in
      right.values.withUnsafeBufferPointer { other in
        for row in 0..<size {
          for inner in 0..<size {
            let factor = left.values[row * size + inner]
            guard factor != 0 else { continue }
            for column in 0..<size {
              target[row * size + column] += factor * other[inner * size + column]
            }
          }
        }
      }
    }
    return result
  }

  static func * (left: SquareMatrix, x: [Double]) -> [Double] {
    (0..<left.size)
      .map { row in
        var sum = 0.0
        let start = row * left.size
        for column in 0..<left.size { sum += left.values[start + column] * x[column] }
        return sum
      }
  }

  /// Solves matrix · x = right for a symmetric, positive definite matrix, of which the lower half is
  /// read; nil for one that is not positive definite in float64.
  ///
  /// - Complexity: O(size³).
  func solve(_ right: [Double]) -> [Double]? {
    guard let lower = cholesky() else { return nil }
    var x = right
    for row in 0..<size {
      for column in 0..<row { x[row] -= lower[row, column] * x[column] }
      x[row] /= lower[row, row]
    }
    for row in (0..<size).reversed() {
      x[row] /= lower[row, row]
      for earlier in 0..<row { x[earlier] -= lower[row, earlier] * x[row] }
    }
    return x
  }

  /// L of matrix = L Lᵀ.
  private func cholesky() -> SquareMatrix? {
    var lower = self
    let size = size
    let isDefinite = lower.values.withUnsafeMutableBufferPointer { l in
      for row in 0..<size {
        for column in 0...row {
          var sum = l[row * size + column]
          for inner in 0..<column { sum -= l[row * size + inner] * l[column * size + inner] }
          if row == column {
            guard sum > 0, sum.isFinite else { return false }
            l[row * size + row] = sum.squareRoot()
          } else {
            l[row * size + column] = sum / l[column * size + column]
          }
        }
      }
      return true
    }
    return isDefinite ? lower : nil
  }
}
