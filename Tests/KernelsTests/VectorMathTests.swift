import Kernels
import TestSupport
import Testing

@Suite struct VectorMathTests {
  @Test("Dot products, lengths and cosines are the float64 ones, at every length")
  func float64() {
    for count in [0, 1, 3, 4, 7, 8, 9, 100, 577] {
      var generator = SeededGenerator(seed: UInt64(count))
      let left = generator.floats(count, limit: 100)
      let right = generator.floats(count)
      let dot = zip(left, right).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      let square = left.reduce(0.0) { $0 + Double($1) * Double($1) }
      expectClose(VectorMath.dot(left, right, count), dot, relative: 1e-12, absolute: 1e-11)
      expectClose(VectorMath.norm(left, count), square.squareRoot(), relative: 1e-14)
      if count > 0 {
        expectClose(VectorMath.cosine(left, left, count), 1, relative: 1e-14)
        #expect(
          Machine.withPortableKernels { VectorMath.dot(left, right, count) }
            == VectorMath.dot(left, right, count))
      }
    }
  }

  @Test("The cosine with a zero vector is 0")
  func zero() {
    #expect(VectorMath.cosine([0, 0], [1, 2], 2) == 0)
  }

  @Test("Adding a scaled vector rounds the product and the sum")
  func addScaled() {
    var generator = SeededGenerator(seed: 9)
    let source = generator.floats(77)
    let target = generator.floats(77)
    var found = target
    VectorMath.addScaled(source, by: 0.37, 77, to: &found)
    #expect(found == zip(target, source).map { $0 + 0.37 * $1 })
  }
}
