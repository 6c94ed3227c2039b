/// Naive twins of the kernels: the specification that the tests quote.
public enum Reference {
  /// The dot product, summed in the order of the elements with fused multiply-adds.
  public static func dot(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int
  ) -> Float {
    var sum: Float = 0
    for index in 0..<count { sum.addProduct(left[index], right[index]) }
    return sum
  }
}
