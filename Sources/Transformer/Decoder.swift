public import Kernels

/// Runs a model: the one forward pass, over rows of several sequences at once.
///
/// A row's result depends on its own sequence only. Alone or in a batch, in one step or token by
/// token, with any number of threads: the bits are the same. Not for use by two tasks at once.
public final class Decoder {
  /// Rows that pass through the blocks together; a longer step is cut into passes of this size.
  public static let rowsPerPass = 512

  /// How much was computed, in rows of the residual stream.
  public struct Work: Sendable, Hashable {
    /// Rows that passed through a block, once for each block.
    public var blockRows = 0
    /// Rows that were multiplied with the head.
    public var headRows = 0

    /// No work yet, or a number to compare with.
    public init(blockRows: Int = 0, headRows: Int = 0) {
      self.blockRows = blockRows
      self.headRows = headRows
    }
  }

  /// The sizes of the model.
  public let sizes: Hyperparameters
  /// What has been computed so far.
  public private(set) var work = Work()
  private let weights: Weights
  private let lanes: Lanes
  private let rotary: (whole: RotaryTable, windowed: RotaryTable)
  private var space: Workspace
  private let rounded = RoundedRows()

  /// Makes a decoder; the weights are shared, not copied.
  public init(_ weights: Weights, _ sizes: Hyperparameters, lanes: Lanes) {
    self.weights = weights
    self.sizes = sizes
    self.lanes = lanes
    rotary = sizes.rotaryTables()
    space = Workspace(rows: 1, sizes)
  }

  /// Appends tokens to each segment's cache and reads out the rows that were asked for.
  ///
  /// - Parameters:
  ///   - segments: Sequences, each with a cache of its own.
  ///   - last: The last block to run, if not all of them; then nothing can be read out, and the
  ///     caches hold the new positions for the blocks that were run.
  /// - Returns: `[read rows, width]`, segment after segment: the normalised output of the last
  ///   block, ready for ``logits(of:rows:)``.
  /// - Throws: ``ModelError`` for a token outside the vocabulary, or a full context; whatever a
  ///   hook throws. No cache has grown then.
  public func step(_ segments: [Segment], through last: LayerIndex? = nil) throws -> Tensor {
    let end = min(last?.number ?? sizes.layers - 1, sizes.layers - 1) + 1
    try check(segments, end)
    let before = segments.map(\.cache.length)
    let output = Tensor(
      rows: segments.reduce(0) { $0 + $1.readRows.count }, columns: sizes.width)
    guard !segments.isEmpty else { return output }
    do {
      for pass in passes(segments) { try run(pass, upTo: end, into: output) }
    } catch {
      for (segment, length) in zip(segments, before) { segment.cache.truncate(to: length) }
      throw error
    }
    return output
  }

  /// Multiplies rows that ``step(_:)`` returned with the head.
  ///
  /// - Returns: Logits, `[rows, vocabulary]`, in nats up to a constant of each row.
  public func logits(of hidden: Tensor, rows: Range<Int>) -> Tensor {
    let result = Tensor(rows: rows.count, columns: weights.vocabulary)
    guard !rows.isEmpty else { return result }
    work.headRows += rows.count
    PackedMatrix.multiply(
      hidden.row(rows.lowerBound), count: rows.count, by: [(weights.head, result.base)],
      arithmetic: weights.arithmetic, rounded: rounded, lanes: lanes)
    return result
  }

  /// Multiplies rows of the residual stream with the head, after the final norm.
  ///
  /// - Parameter rows: `[rows, width]`.
  /// - Returns: Logits, `[rows, vocabulary]`.
  public func logits(ofResidual rows: Tensor) -> Tensor {
    let normed = Tensor(rows: rows.rows, columns: rows.columns)
    norm(rows.base, rows.rows, weights.outputNorm, into: normed.base)
    return logits(of: normed, rows: 0..<normed.rows)
  }

  private func check(_ segments: [Segment], _ end: Int) throws(ModelError) {
    precondition(
      Set(segments.map { ObjectIdentifier($0.cache) }).count == segments.count,
      "two segments, one cache")
    for segment in segments {
      precondition(segment.firstBlock <= end, "rows enter behind the last block of the step")
      precondition(
        segment.cache.serves(segment.firstBlock..<end), "keys and values of a block are missing")
      precondition(
        end == sizes.layers || segment.readRows.isEmpty, "rows read before the last block")
      if let rows = segment.entry?.rows {
        precondition(
          rows.rows == segment.tokens.count && rows.columns == sizes.width,
          "\(rows.rows) rows enter for \(segment.tokens.count) tokens")
      }
      guard !segment.tokens.isEmpty else {
        throw ModelError(.emptyInput, "prompt: no tokens (expected at least one). Add some text.")
      }
      let room = sizes.contextLength - segment.cache.length
      guard segment.tokens.count <= room else {
        throw ModelError(
          .contextFull,
          "context: \(segment.cache.length + segment.tokens.count) tokens do not fit "
            + "(expected at most \(sizes.contextLength)). Shorten the prompt or generate less.")
      }
      for token in segment.tokens where token < 0 || token >= weights.vocabulary {
        throw ModelError(
          .tokenOutOfRange,
          "token id \(token) is not in the vocabulary (expected 0 to \(weights.vocabulary - 1)). "
            + "Use ids of this model's own tokenizer.")
      }
    }
  }

  // MARK: One pass

  /// Consecutive rows of one segment that pass through the blocks together with others.
  private struct Part {
    let segment: Segment
    let rows: Range<Int>  // of the segment
    let start: Int  // row in the workspace
    let position: Int  // of the first row
    let output: Int  // row of the step's output that the segment's first read row goes to
  }

  /// Cuts a step into passes, those that enter first in front: the rows of a block are the first
  /// rows of the workspace.
  private func passes(_ segments: [Segment]) -> [[Part]] {
    var read = 0
    let outputs = segments.map { segment in
      defer { read += segment.readRows.count }
      return read
    }
    let order = segments.indices.sorted { segments[$0].firstBlock < segments[$1].firstBlock }
    var passes: [[Part]] = [[]]
    var filled = 0
    for index in order {
      let segment = segments[index]
      // Hooks see the parts, so where a sequence is cut must not depend on the others.
      if filled > 0, filled + segment.tokens.count > Decoder.rowsPerPass {
        passes.append([])
        filled = 0
      }
      var row = 0
      while row < segment.tokens.count {
        if filled == Decoder.rowsPerPass {
          passes.append([])
          filled = 0
        }
        let count = min(segment.tokens.count - row, Decoder.rowsPerPass - filled)
        passes[passes.count - 1]
          .append(
            Part(
              segment: segment, rows: row..<row + count, start: filled,
              position: segment.cache.length + row, output: outputs[index]))
        filled += count
        row += count
      }
    }
    return passes
  }

  private func run(_ parts: [Part], upTo end: Int, into output: Tensor) throws {
    let all = parts.reduce(0) { $0 + $1.rows.count }
    if all > space.rows { space = Workspace(rows: all, sizes) }
    for part in parts { part.segment.cache.reserve(part.rows.count) }
    var active = enter(parts[...], block: 0)
    try visit(active, space.residual, Site(.embedding))
    for layer in 0..<end {
      let rows = active.reduce(0) { $0 + $1.rows.count }
      if rows > 0 {
        attend(active, rows, layer)
        try visit(active, space.added, Site(LayerIndex(layer), .attention))
        Elementwise.add(
          space.added.base, count: rows * sizes.width, to: space.residual.base, lanes: lanes)
        try visit(active, space.residual, Site(LayerIndex(layer), .residualMid))
        feedForward(rows, weights.blocks[layer])
        try visit(active, space.added, Site(LayerIndex(layer), .mlp))
        Elementwise.add(
          space.added.base, count: rows * sizes.width, to: space.residual.base, lanes: lanes)
        work.blockRows += rows
      }
      active += enter(parts[active.count...], block: layer + 1)
      try visit(active, space.residual, Site(LayerIndex(layer)))
    }
    for part in parts {
      part.segment.cache.commit(part.rows.count, part.segment.firstBlock..<end)
      let wanted = part.segment.readRows.clamped(to: part.rows)
      guard !wanted.isEmpty else { continue }
      let first = part.start + wanted.lowerBound - part.rows.lowerBound
      let row = part.output + wanted.lowerBound - part.segment.readRows.lowerBound
      norm(space.residual.row(first), wanted.count, weights.outputNorm, into: output.row(row))
    }
  }

  /// Puts the rows of the first parts, those whose first block this is, into the residual stream.
  private func enter(_ parts: ArraySlice<Part>, block: Int) -> [Part] {
    let entering = Array(parts.prefix { $0.segment.firstBlock == block })
    for part in entering {
      guard let rows = part.segment.entry?.rows else {
        embed(part)
        continue
      }
      space.residual.row(part.start)
        .update(from: rows.row(part.rows.lowerBound), count: part.rows.count * sizes.width)
    }
    return entering
  }

  private func visit(_ parts: [Part], _ buffer: Tensor, _ site: Site) throws {
    for part in parts {
      for hook in part.segment.hooks where hook.wants(site) {
        try hook.visit(
          ResidualRows(
            base: buffer.row(part.start), count: part.rows.count, width: sizes.width,
            firstPosition: part.position),
          at: site)
      }
    }
  }

  private func embed(_ part: Part) {
    for (offset, token) in part.segment.tokens[part.rows].enumerated() {
      weights.embedding.decodeRow(Int(token), into: space.residual.row(part.start + offset))
    }
    if sizes.architecture.embeddingScale == .squareRootOfWidth {
      Elementwise.scale(
        space.residual.row(part.start), count: part.rows.count * sizes.width,
        by: Float(sizes.width).squareRoot())
    }
  }

  private func attend(_ parts: [Part], _ rows: Int, _ layer: Int) {
    let block = weights.blocks[layer]
    let shape = sizes.attention(layer)
    let table = sizes.architecture.isWindowed(layer) ? rotary.windowed : rotary.whole
    norm(space.residual.base, rows, block.attentionNorm, into: space.normed.base)
    multiply(
      space.normed, rows,
      [
        (block.query, space.query.base), (block.key, space.key.base),
        (block.value, space.value.base),
      ])
    if let biases = block.biases {
      add(biases.query, rows, to: space.query)
      add(biases.key, rows, to: space.key)
      add(biases.value, rows, to: space.value)
    }
    if let norms = block.headNorms {
      normHeads(space.query.base, rows * sizes.heads, norms.query)
      normHeads(space.key.base, rows * sizes.kvHeads, norms.key)
    }
    var segments: [Attention.Segment] = []
    for part in parts {
      let count = part.rows.count
      let query = space.query.row(part.start)
      let key = space.key.row(part.start)
      table.rotate(
        query, rows: count, heads: sizes.heads, headWidth: sizes.headWidth,
        firstPosition: part.position, lanes: lanes)
      table.rotate(
        key, rows: count, heads: sizes.kvHeads, headWidth: sizes.headWidth,
        firstPosition: part.position, lanes: lanes)
      let pages = part.segment.cache.pages
      Attention.store(
        keys: key, values: space.value.row(part.start), rows: count,
        firstPosition: part.position, pages: pages, layer: layer, shape: shape)
      segments.append(
        Attention.Segment(
          queries: query, rows: count, firstPosition: part.position, pages: pages,
          output: space.mixed.row(part.start)))
    }
    Attention.attend(segments, layer: layer, shape: shape, lanes: lanes)
    multiply(space.mixed, rows, [(block.output, space.added.base)])
    if let weight = block.postAttentionNorm {
      norm(space.added.base, rows, weight, into: space.added.base)
    }
  }

  private func feedForward(_ rows: Int, _ block: Weights.Block) {
    norm(space.residual.base, rows, block.feedForwardNorm, into: space.normed.base)
    multiply(space.normed, rows, [(block.gate, space.gate.base), (block.up, space.up.base)])
    Elementwise.gate(
      sizes.architecture.gate, space.gate.base, with: space.up.base,
      count: rows * sizes.feedForwardWidth, lanes: lanes)
    multiply(space.gate, rows, [(block.down, space.added.base)])
    if let weight = block.postFeedForwardNorm {
      norm(space.added.base, rows, weight, into: space.added.base)
    }
  }

  // MARK: Steps of a block

  private func norm(
    _ input: UnsafePointer<Float>, _ rows: Int, _ weight: [Float],
    into output: UnsafeMutablePointer<Float>
  ) {
    Elementwise.rmsNorm(
      input, rows: rows, width: sizes.width, weight: weight, epsilon: sizes.normEpsilon,
      into: output, lanes: lanes)
  }

  private func normHeads(_ heads: UnsafeMutablePointer<Float>, _ count: Int, _ weight: [Float]) {
    Elementwise.rmsNorm(
      heads, rows: count, width: sizes.headWidth, weight: weight, epsilon: sizes.normEpsilon,
      into: heads, lanes: lanes)
  }

  /// Matrices that read the same rows are multiplied together.
  private func multiply(_ input: Tensor, _ rows: Int, _ products: [PackedMatrix.Product]) {
    PackedMatrix.multiply(
      input.base, count: rows, by: products, arithmetic: weights.arithmetic, rounded: rounded,
      lanes: lanes)
  }

  private func add(_ bias: [Float], _ rows: Int, to output: Tensor) {
    Elementwise.addRow(bias, rows: rows, width: bias.count, to: output.base)
  }
}
