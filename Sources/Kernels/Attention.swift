import Glibc

/// The sizes of an attention layer.
public struct AttentionShape: Sendable, Hashable {
  /// Query heads.
  public var heads: Int
  /// Key and value heads; divides `heads`.
  public var kvHeads: Int
  /// Elements of a head.
  public var headWidth: Int
  /// Factor on the products of queries and keys, usually 1/√headWidth.
  public var scale: Float
  /// Soft cap on the scores (Gemma 2), or 0.
  public var softCap: Float
  /// A row at position p sees positions greater than p − window; 0 means all before it.
  public var window: Int

  /// Describes an attention layer.
  public init(
    heads: Int, kvHeads: Int, headWidth: Int, scale: Float, softCap: Float = 0, window: Int = 0
  ) {
    self.heads = heads
    self.kvHeads = kvHeads
    self.headWidth = headWidth
    self.scale = scale
    self.softCap = softCap
    self.window = window
  }
}

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
    layerStride = kvHeads * headWidth * KVPage.positions * 2
    base = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, layers * layerStride) * 4, alignment: 64
    ).initializeMemory(as: Float.self, repeating: 0, count: max(1, layers * layerStride))
  }

  private init(copying page: KVPage) {
    layers = page.layers
    layerStride = page.layerStride
    base = UnsafeMutableRawPointer.allocate(byteCount: layers * layerStride * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: layers * layerStride)
    base.initialize(from: page.base, count: layers * layerStride)
  }

  deinit { base.deallocate() }

  /// A page of its own with the same content.
  public func copy() -> KVPage { KVPage(copying: self) }
}

/// Attention over paged keys and values.
public enum Attention {
  /// Writes the keys and values of `rows` consecutive positions.
  ///
  /// - Parameters:
  ///   - keys: `[rows, kvHeads, headWidth]`, already rotated.
  ///   - values: `[rows, kvHeads, headWidth]`.
  ///   - rows: Number of positions.
  ///   - firstPosition: Position of the first row.
  ///   - pages: The pages of the sequence; there must be enough.
  ///   - layer: 0-based.
  ///   - shape: Sizes of the layer.
  public static func store(
    keys: UnsafePointer<Float>, values: UnsafePointer<Float>, rows: Int, firstPosition: Int,
    pages: [KVPage], layer: Int, shape: AttentionShape
  ) {
    let width = shape.headWidth
    for row in 0..<rows {
      let position = firstPosition + row
      let page = pages[position / KVPage.positions].base + layer * pages[0].layerStride
      let slot = position % KVPage.positions
      for head in 0..<shape.kvHeads {
        let start = page + head * width * KVPage.positions * 2
        let from = (row * shape.kvHeads + head) * width
        for index in 0..<width {
          start[index * KVPage.positions + slot] = keys[from + index]
          start[width * KVPage.positions + slot * width + index] =
            values[from + index]
        }
      }
    }
  }

  /// Computes softmax(scale · q kᵀ) v for `rows` consecutive positions of one sequence.
  ///
  /// - Parameters:
  ///   - queries: `[rows, heads, headWidth]`, already rotated.
  ///   - rows: Number of positions.
  ///   - firstPosition: Position of the first row; row r sees positions up to its own.
  ///   - pages: The pages of the sequence, keys and values of these rows included.
  ///   - layer: 0-based.
  ///   - shape: Sizes of the layer.
  ///   - output: `[rows, heads, headWidth]`.
  ///   - lanes: The threads to use.
  public static func attend(
    queries: UnsafePointer<Float>, rows: Int, firstPosition: Int, pages: [KVPage], layer: Int,
    shape: AttentionShape, into output: UnsafeMutablePointer<Float>, lanes: Lanes
  ) {
    let width = shape.headWidth
    let group = shape.heads / shape.kvHeads
    for row in 0..<rows {
      let position = firstPosition + row
      let first = shape.window > 0 ? max(0, position - shape.window + 1) : 0
      for head in 0..<shape.heads {
        let query = queries + (row * shape.heads + head) * width
        var scores: [Float] = []
        for seen in first...position {
          let page = pages[seen / KVPage.positions].base + layer * pages[0].layerStride
          let keys = page + head / group * width * KVPage.positions * 2
          var score: Float = 0
          for index in 0..<width {
            score.addProduct(
              query[index], keys[index * KVPage.positions + seen % KVPage.positions])
          }
          score *= shape.scale
          if shape.softCap > 0 { score = shape.softCap * tanhf(score / shape.softCap) }
          scores.append(score)
        }
        let top = scores.max() ?? 0
        let weights = scores.map { expf($0 - top) }
        let total = weights.reduce(0, +)
        let out = output + (row * shape.heads + head) * width
        for index in 0..<width { out[index] = 0 }
        for (offset, weight) in weights.enumerated() {
          let seen = first + offset
          let page = pages[seen / KVPage.positions].base + layer * pages[0].layerStride
          let start =
            page + head / group * width * KVPage.positions * 2 + width * KVPage.positions
            + seen % KVPage.positions * width
          for index in 0..<width { out[index].addProduct(weight / total, start[index]) }
        }
      }
    }
  }
}
