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
    if sizes.logitScale != 1 {
      Elementwise.scale(result.base, count: result.count, by: sizes.logitScale, lanes: lanes)
    }
    if sizes.logitSoftCap > 0 {
      Elementwise.softCap(result.base, count: result.count, cap: sizes.logitSoftCap, lanes: lanes)
    }
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
        try attend(active, rows, layer)
        try visit(active, space.added, Site(LayerIndex(layer), .attention))
        if sizes.isParallel, let weight = weights.blocks[layer].feedForwardNorm {
          norm(space.residual.base, rows, weight, into: space.normed.base)
        }
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
            base: buffer.row(part.start), count: part.rows.count, width: buffer.columns,
            firstPosition: part.position),
          at: site)
      }
    }
  }

  private func embed(_ part: Part) {
    for (offset, token) in part.segment.tokens[part.rows].enumerated() {
      weights.embedding.decodeRow(Int(token), into: space.residual.row(part.start + offset))
    }
    let rows = space.residual.row(part.start)
    if sizes.embeddingScale != 1 {
      Elementwise.scale(rows, count: part.rows.count * sizes.width, by: sizes.embeddingScale)
    }
    guard let positions = weights.positions else { return }
    let learned = Tensor(count: sizes.width)
    for offset in 0..<part.rows.count {
      positions.decodeRow(part.position + offset, into: learned.base)
      Elementwise.add(learned.base, count: sizes.width, to: rows + offset * sizes.width)
    }
  }

  private func attend(_ parts: [Part], _ rows: Int, _ layer: Int) throws {
    let block = weights.blocks[layer]
    let shape = sizes.attention(layer)
    let table = shape.window > 0 ? rotary.windowed : rotary.whole
    var input = space.residual
    if let weight = block.attentionNorm {
      norm(space.residual.base, rows, weight, into: space.normed.base)
      input = space.normed
    }
    multiply(
      input, rows,
      [(block.query, space.query), (block.key, space.key), (block.value, space.value)])
    if let norms = block.queryKeyNorms {
      normHeads(space.query.base, rows, sizes.heads, norms.query)
      normHeads(space.key.base, rows, sizes.kvHeads, norms.key)
    }
    var segments: [Attention.Segment] = []
    for part in parts {
      let count = part.rows.count
      let query = space.query.row(part.start)
      let key = space.key.row(part.start)
      if sizes.rotated > 0 {
        table.rotate(
          query, rows: count, heads: sizes.heads, headWidth: sizes.headWidth,
          firstPosition: part.position, lanes: lanes)
        table.rotate(
          key, rows: count, heads: sizes.kvHeads, headWidth: sizes.headWidth,
          firstPosition: part.position, lanes: lanes)
      }
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
    try visit(parts, space.mixed, Site(LayerIndex(layer), .heads))
    multiply(space.mixed, rows, [(block.output, space.added)])
    finish(rows, block.postAttentionNorm)
  }

  private func feedForward(_ rows: Int, _ block: Weights.Block) {
    var input = space.normed
    if !sizes.isParallel {
      if let weight = block.feedForwardNorm {
        norm(space.residual.base, rows, weight, into: space.normed.base)
      } else {
        input = space.residual
      }
    }
    switch block.feedForward {
    case .one(let layer): pass(input.base, rows, through: layer, into: space.added.base)
    case .several(let router, let experts): mix(input, rows, router, experts)
    }
    finish(rows, block.postFeedForwardNorm)
  }

  /// One feed-forward layer; `input` is `[rows, width]`, and so is `output`.
  private func pass(
    _ input: UnsafePointer<Float>, _ rows: Int, through layer: Weights.Expert,
    into output: UnsafeMutablePointer<Float>
  ) {
    let count = rows * sizes.feedForwardWidth
    if let gate = layer.gate {
      multiply(input, rows, [(gate, space.gate.base), (layer.up, space.up.base)])
      Elementwise.gate(
        sizes.architecture.activation, space.gate.base, with: space.up.base, count: count,
        lanes: lanes)
    } else {
      multiply(input, rows, [(layer.up, space.gate.base)])
      Elementwise.activate(
        sizes.architecture.activation, space.gate.base, count: count, lanes: lanes)
    }
    multiply(space.gate.base, rows, [(layer.down, output)])
  }

  /// Each row through the experts that its router chooses; what they produce is summed in the order
  /// of their numbers, so that a row's sum does not depend on the other rows.
  private func mix(
    _ input: Tensor, _ rows: Int, _ router: PackedMatrix, _ experts: [Weights.Expert]
  ) {
    guard let space = space.experts else { return }
    PackedMatrix.multiply(
      input.base, count: rows, by: [(router, space.answers.base)],
      arithmetic: weights.arithmetic, rounded: rounded, lanes: lanes)
    let chosen = ExpertChoice(space.answers, rows: rows, sizes)
    self.space.added.base.update(repeating: 0, count: rows * sizes.width)
    for (number, uses) in chosen.uses.enumerated() where !uses.isEmpty {
      for (index, use) in uses.enumerated() {
        space.gathered.row(index).update(from: input.row(use.row), count: sizes.width)
      }
      pass(space.gathered.base, uses.count, through: experts[number], into: space.produced.base)
      for (index, use) in uses.enumerated() {
        VectorMath.addScaled(
          space.produced.row(index), by: use.weight, sizes.width,
          to: self.space.added.row(use.row))
      }
    }
  }

  /// What is to be added to the residual stream, normalised and scaled.
  private func finish(_ rows: Int, _ weight: Weights.Norm?) {
    if let weight { norm(space.added.base, rows, weight, into: space.added.base) }
    if sizes.residualScale != 1 {
      Elementwise.scale(
        space.added.base, count: rows * sizes.width, by: sizes.residualScale, lanes: lanes)
    }
  }

  // MARK: Steps of a block

  private func norm(
    _ input: UnsafePointer<Float>, _ rows: Int, _ norm: Weights.Norm,
    into output: UnsafeMutablePointer<Float>
  ) {
    switch sizes.architecture.norm {
    case .rootMeanSquare:
      Elementwise.rmsNorm(
        input, rows: rows, width: sizes.width, weight: norm.weight, epsilon: sizes.normEpsilon,
        into: output, lanes: lanes)
    case .layer:
      Elementwise.layerNorm(
        input, rows: rows, width: sizes.width, weight: norm.weight, bias: norm.bias,
        epsilon: sizes.normEpsilon, into: output, lanes: lanes)
    }
  }

  /// Normalises queries or keys `[rows, heads, headWidth]`.
  private func normHeads(
    _ base: UnsafeMutablePointer<Float>, _ rows: Int, _ heads: Int, _ weight: [Float]
  ) {
    switch sizes.architecture.queryKeyNorm {
    case .none: break
    case .heads:
      Elementwise.rmsNorm(
        base, rows: rows * heads, width: sizes.headWidth, weight: weight,
        epsilon: sizes.normEpsilon, into: base, lanes: lanes)
    case .whole:
      Elementwise.rmsNorm(
        base, rows: rows, width: heads * sizes.headWidth, weight: weight,
        epsilon: sizes.normEpsilon, into: base, lanes: lanes)
    case .ownHeads:
      weight.withUnsafeBufferPointer { weight in
        guard let first = weight.baseAddress else { return }
        for head in 0..<rows * heads {
          let row = base + head * sizes.headWidth
          Elementwise.layerNorm(
            row, rows: 1, width: sizes.headWidth,
            weight: first + head % heads * sizes.headWidth, bias: nil,
            epsilon: sizes.normEpsilon, into: row)
        }
      }
    }
  }

  private func multiply(
    _ input: Tensor, _ rows: Int, _ products: [(Weights.Projection, Tensor)]
  ) {
    multiply(input.base, rows, products.map { ($0, $1.base) })
  }

  /// Matrices that read the same rows are multiplied together; then biases are added.
  private func multiply(
    _ input: UnsafePointer<Float>, _ rows: Int,
    _ products: [(projection: Weights.Projection, output: UnsafeMutablePointer<Float>)]
  ) {
    PackedMatrix.multiply(
      input, count: rows, by: products.map { ($0.projection.matrix, $0.output) },
      arithmetic: weights.arithmetic, rounded: rounded, lanes: lanes)
    for (projection, output) in products {
      guard let bias = projection.bias else { continue }
      Elementwise.addRow(bias, rows: rows, width: bias.count, to: output, lanes: lanes)
    }
  }
}
