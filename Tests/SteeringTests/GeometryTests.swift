import Kernels
import TestSupport
import Testing

@testable import Steering

@Suite("The geometry of rows")
struct GeometryTests {
  private struct Recorded: Decodable {
    let rows: [[Double]]
    let pairwiseCosine, explainedVariance: Double
  }

  private func tensor(_ rows: [[Double]]) -> Tensor {
    let tensor = Tensor(rows: rows.count, columns: rows[0].count)
    for (row, values) in rows.enumerated() {
      for (column, value) in values.enumerated() { tensor.row(row)[column] = Float(value) }
    }
    return tensor
  }

  @Test("mean cosine and explained variance are NumPy's and scikit-learn's within 1e-6")
  func golden() throws {
    let golden = try Golden.recorded("statistics.json", as: Recorded.self)
    let rows = tensor(golden.rows)
    let cosine = try #require(Geometry.meanPairwiseCosine(rows))
    let variance = try #require(Geometry.explainedVariance(rows))
    #expect(abs(cosine - golden.pairwiseCosine) < 1e-6)
    #expect(abs(variance - golden.explainedVariance) < 1e-6)
  }

  @Test("rows of zeros have no direction, equal rows no variance")
  func degenerate() throws {
    #expect(Geometry.meanPairwiseCosine(tensor([[1, 0], [0, 0]])) == nil)
    #expect(Geometry.explainedVariance(tensor([[1, 2], [1, 2]])) == nil)
    let cosine = try #require(Geometry.meanPairwiseCosine(tensor([[1, 0], [0, 0], [2, 0]])))
    #expect(abs(cosine - 1) < 1e-12)
  }
}
