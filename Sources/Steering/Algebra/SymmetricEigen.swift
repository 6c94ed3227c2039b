/// Eigenvalues and eigenvectors of a symmetric matrix.
///
/// Householder reflections make the matrix tridiagonal, implicit QL steps with Wilkinson's shift
/// make that diagonal ([Golub and Van Loan](https://doi.org/10.56021/9781421407944), 8.3).
///
/// - Complexity: O(size³).
struct SymmetricEigen {
  let size: Int
  /// Smallest first.
  let values: [Double]
  /// `[size × size]`: row k is the eigenvector of `values[k]`, at length 1.
  private let rows: [Double]

  /// Decomposes a symmetric matrix.
  init(_ matrix: SquareMatrix) {
    size = matrix.size
    var (diagonal, beside, basis) = SymmetricEigen.tridiagonal(matrix)
    SymmetricEigen.diagonalise(&diagonal, &beside, &basis)
    let order = diagonal.indices.sorted { diagonal[$0] < diagonal[$1] }
    values = order.map { diagonal[$0] }
    let size = matrix.size
    rows = order.flatMap { basis[$0 * size..<($0 + 1) * size] }
  }

  /// The eigenvector of `values[index]`.
  func vector(_ index: Int) -> [Double] { Array(rows[index * size..<(index + 1) * size]) }

  /// Σ f(λ) x xᵀ over the eigenvectors: the matrix with other eigenvalues.
  func matrix(_ change: (Double) -> Double) -> SquareMatrix {
    var result = SquareMatrix(diagonal: 0, size: size)
    for index in values.indices {
      let value = change(values[index])
      if value != 0 { result.addLowerSquare(of: vector(index), by: value) }
    }
    return result.mirrored
  }

  /// The diagonal, what is beside it, and the basis, a row each, in which the matrix is so.
  private static func tridiagonal(
    _ matrix: SquareMatrix
  ) -> (diagonal: [Double], beside: [Double], basis: [Double]) {
    let size = matrix.size
    var a = matrix.values
    var basis = SquareMatrix(diagonal: 1, size: size).values
    var reflector = Array(repeating: 0.0, count: size)
    var product = reflector
    for step in 0..<max(0, size - 2) {
      var length = 0.0
      for row in step + 1..<size { length += a[row * size + step] * a[row * size + step] }
      length = length.squareRoot()
      guard length > 0 else { continue }
      let head = a[(step + 1) * size + step]
      for row in step + 1..<size { reflector[row] = a[row * size + step] }
      reflector[step + 1] += head < 0 ? -length : length
      var square = 0.0
      for row in step + 1..<size { square += reflector[row] * reflector[row] }
      let factor = 2 / square
      a.withUnsafeMutableBufferPointer { a in
        var inner = 0.0
        for row in step..<size {
          var sum = 0.0
          for column in step + 1..<size { sum += a[row * size + column] * reflector[column] }
          product[row] = factor * sum
          if row > step { inner += product[row] * reflector[row] }
        }
        let half = factor * inner / 2
        for row in step + 1..<size { product[row] -= half * reflector[row] }
        let first = product[step]
        for row in step + 1..<size {
          let (x, y) = (reflector[row], product[row])
          for column in step + 1..<size {
            a[row * size + column] -= x * product[column] + y * reflector[column]
          }
          a[row * size + step] -= first * x
          a[step * size + row] -= first * x
        }
      }
      // Rows of the basis: B ← H B.
      basis.withUnsafeMutableBufferPointer { basis in
        for column in 0..<size { product[column] = 0 }
        for row in step + 1..<size {
          let x = reflector[row]
          for column in 0..<size { product[column] += x * basis[row * size + column] }
        }
        for row in step + 1..<size {
          let x = factor * reflector[row]
          for column in 0..<size { basis[row * size + column] -= x * product[column] }
        }
      }
    }
    let diagonal = (0..<size).map { a[$0 * size + $0] }
    let beside = (0..<size).map { $0 + 1 < size ? a[($0 + 1) * size + $0] : 0 }
    return (diagonal, beside, basis)
  }

  /// Turns neighbouring rows of the basis until nothing is left beside the diagonal.
  private static func diagonalise(
    _ diagonal: inout [Double], _ beside: inout [Double], _ basis: inout [Double]
  ) {
    let size = diagonal.count
    for first in 0..<size {
      // Some three steps an eigenvalue are usual.
      for _ in 0..<100 {
        var last = first
        while last + 1 < size {
          let scale = abs(diagonal[last]) + abs(diagonal[last + 1])
          if abs(beside[last]) <= Double.ulpOfOne * scale { break }
          last += 1
        }
        if last == first { break }
        let slope = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first])
        let root = (slope * slope + 1).squareRoot()
        var bulge =
          diagonal[last] - diagonal[first] + beside[first] / (slope + (slope < 0 ? -root : root))
        var (sine, cosine, shift) = (1.0, 1.0, 0.0)
        var index = last - 1
        while index >= first {
          let over = sine * beside[index]
          let along = cosine * beside[index]
          let radius = (over * over + bulge * bulge).squareRoot()
          beside[index + 1] = radius
          if radius == 0 {
            diagonal[index + 1] -= shift
            beside[last] = 0
            break
          }
          (sine, cosine) = (over / radius, bulge / radius)
          bulge = diagonal[index + 1] - shift
          let turn = (diagonal[index] - bulge) * sine + 2 * cosine * along
          shift = sine * turn
          diagonal[index + 1] = bulge + shift
          bulge = cosine * turn - along
          rotate(&basis, index, size, sine, cosine)
          index -= 1
        }
        if index >= first { continue }
        diagonal[first] -= shift
        beside[first] = bulge
        beside[last] = 0
      }
    }
  }

  private static func rotate(
    _ basis: inout [Double], _ row: Int, _ size: Int, _ sine: Double, _ cosine: Double
  ) {
    basis.withUnsafeMutableBufferPointer { basis in
      let (upper, lower) = (row * size, (row + 1) * size)
      for column in 0..<size {
        let (x, y) = (basis[upper + column], basis[lower + column])
        basis[lower + column] = sine * x + cosine * y
        basis[upper + column] = cosine * x - sine * y
      }
    }
  }
}
