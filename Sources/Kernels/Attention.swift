import CKernels

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

  var described: ck_attention_shape {
    ck_attention_shape(
      heads: heads, kv_heads: kvHeads, head_width: headWidth, window: window, scale: scale,
      soft_cap: softCap)
  }
}

/// Attention over paged keys and values.
///
/// A row's result depends on its own sequence only, and is the same bits whatever rows are computed
/// with it, and on every machine: a score is one sum over the head in ascending order, an output one
/// over the positions, and exponentials are rescaled at multiples of 512 positions.
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
    precondition(firstPosition + rows <= pages.count * KVPage.positions, "too few pages")
    guard let stride = pages.first?.layerStride else { return }
    var shape = shape.described
    withBases([pages]) { bases in
      ck_store_keys_values(
        &shape, keys, values, rows, firstPosition, bases, layer * stride)
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
    let segment = Segment(
      queries: queries, rows: rows, firstPosition: firstPosition, pages: pages, output: output)
    attend([segment], layer: layer, shape: shape, lanes: lanes)
  }

  /// Consecutive positions of one sequence.
  public struct Segment {
    /// `[rows, heads, headWidth]`, already rotated.
    public var queries: UnsafePointer<Float>
    /// Number of positions.
    public var rows: Int
    /// Position of the first row; row r sees positions up to its own.
    public var firstPosition: Int
    /// The pages of the sequence, keys and values of these rows included.
    public var pages: [KVPage]
    /// `[rows, heads, headWidth]`; must not overlap `queries`.
    public var output: UnsafeMutablePointer<Float>

    /// Describes rows whose attention is to be computed.
    public init(
      queries: UnsafePointer<Float>, rows: Int, firstPosition: Int, pages: [KVPage],
      output: UnsafeMutablePointer<Float>
    ) {
      self.queries = queries
      self.rows = rows
      self.firstPosition = firstPosition
      self.pages = pages
      self.output = output
    }
  }

  /// Computes softmax(scale · q kᵀ) v for rows of several sequences at once.
  public static func attend(
    _ segments: [Segment], layer: Int, shape: AttentionShape, lanes: Lanes
  ) {
    guard let stride = segments.lazy.compactMap(\.pages.first?.layerStride).first else { return }
    for segment in segments {
      precondition(
        segment.firstPosition + segment.rows <= segment.pages.count * KVPage.positions,
        "too few pages")
    }
    var shape = shape.described
    withBases(segments.map(\.pages)) { bases in
      var first = bases
      let described = segments.map { segment in
        defer { first += segment.pages.count }
        return ck_attention_segment(
          queries: segment.queries, output: segment.output, rows: segment.rows,
          first_position: segment.firstPosition, pages: first)
      }
      ck_attend(lanes.pool, &shape, described, described.count, layer * stride)
    }
  }

  /// The addresses of all pages, sequence after sequence.
  private static func withBases(
    _ pages: [[KVPage]], _ body: (UnsafePointer<UnsafeMutablePointer<Float>?>) -> Void
  ) {
    let count = pages.reduce(0) { $0 + $1.count }
    withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>?.self, capacity: max(count, 1)) {
      bases in
      _ = bases.initialize(from: pages.joined().lazy.map(\.base))
      if let start = bases.baseAddress { body(start) }
    }
  }
}
