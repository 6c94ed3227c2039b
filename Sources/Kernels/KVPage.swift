/// Keys and values of `KVPage.positions` consecutive positions in all layers of one model.
///
/// Layout of a layer: for each key head, keys `[headWidth, positions]` (one position a SIMD lane),
/// then values `[positions, headWidth]`.
public final class KVPage {
  /// Positions that a page holds.
  public static let positions = 32
  /// First float.
  public let base: UnsafeMutablePointer<Float>
  /// Floats of one layer.
  public let layerStride: Int
  private let layers: Int

  /// Makes an empty page for a model of `layers` layers.
  public init(layers: Int, kvHeads: Int, headWidth: Int) {
    self.layers = layers
    layerStride = KVPage.layerStride(kvHeads, headWidth)
    base =
      UnsafeMutableRawPointer.allocate(
        byteCount: max(1, layers * layerStride) * 4, alignment: 64
      )
      .initializeMemory(as: Float.self, repeating: 0, count: max(1, layers * layerStride))
  }

  /// Bytes of a page.
  public static func byteCount(layers: Int, kvHeads: Int, headWidth: Int) -> Int {
    layers * layerStride(kvHeads, headWidth) * 4
  }

  private static func layerStride(_ kvHeads: Int, _ headWidth: Int) -> Int {
    kvHeads * headWidth * positions * 2
  }

  private init(copying page: KVPage) {
    layers = page.layers
    layerStride = page.layerStride
    let count = max(1, layers * layerStride)
    base = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: count)
    base.initialize(from: page.base, count: count)
  }

  deinit { base.deallocate() }

  /// A page of its own with the same content.
  public func copy() -> KVPage { KVPage(copying: self) }
}
