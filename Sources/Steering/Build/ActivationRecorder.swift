public import Engine
public import Kernels
public import Transformer

/// Keeps the activations of one prompt at one token, or their mean over several, at some layers.
final class ActivationRecorder: ResidualHook {
  private let part: Site.Part
  private let span: Range<Int>
  private let targets: [LayerIndex: UnsafeMutablePointer<Float>]
  private var sums: [LayerIndex: [Double]] = [:]

  /// Makes a recorder; `targets` say where each layer's `[width]` goes and must outlive it.
  init(
    _ part: Site.Part, over span: Range<Int>,
    targets: [LayerIndex: UnsafeMutablePointer<Float>]
  ) {
    self.part = part
    self.span = span
    self.targets = targets
  }

  func wants(_ site: Site) -> Bool { site.part == part && targets[site.layer] != nil }

  func visit(_ rows: ResidualRows, at site: Site) {
    guard let target = targets[site.layer] else { return }
    let seen = span.clamped(to: rows.firstPosition..<rows.firstPosition + rows.count)
    guard !seen.isEmpty else { return }
    if span.count == 1 {
      target.update(from: rows.row(seen.lowerBound - rows.firstPosition), count: rows.width)
      return
    }
    var sum = sums[site.layer] ?? Array(repeating: 0, count: rows.width)
    for position in seen {
      let values = rows.row(position - rows.firstPosition)
      for index in 0..<rows.width { sum[index] += Double(values[index]) }
    }
    sums[site.layer] = sum
    for index in 0..<rows.width { target[index] = Float(sum[index] / Double(span.count)) }
  }
}

extension Session {
  /// Records the activations of prompts.
  ///
  /// - Parameters:
  ///   - prompts: Token ids.
  ///   - layers: The layers to record, each once.
  ///   - part: The buffer of a block.
  ///   - rule: Which token is read.
  ///   - responses: Where the answer begins in prompts that end with one.
  ///   - interventions: What acts on the sequences meanwhile.
  ///   - progress: Called with the number of prompts done.
  /// - Returns: For each layer `[prompts, width]`, residual-stream units.
  /// - Throws: ``SteeringError`` for a layer or position that does not exist; `ModelError`.
  public func activations(
    _ prompts: [[Int32]], layers: [LayerIndex], part: Site.Part = .residual,
    at rule: TokenRule = .last, responses: [Int?] = [], interventions: [any Intervention] = [],
    progress: (Int) throws -> Void = { _ in }
  ) throws -> [LayerIndex: Tensor] {
    try model.sizes.check(layers, part, for: "activations")
    let width = model.sizes.width(of: part)
    let recorded = Dictionary(
      layers.map { ($0, Tensor(rows: prompts.count, columns: width)) },
      uniquingKeysWith: { first, _ in first })
    let spans = try prompts.enumerated()
      .map { row, prompt in
        if case .every = rule { return firstContent(of: [prompt])[0]..<prompt.count }
        return try rule.span(in: prompt, response: responses.isEmpty ? nil : responses[row])
      }
    try observe(
      prompts, from: spans.map(\.lowerBound), interventions: interventions,
      with: { row in
        [
          ActivationRecorder(
            part, over: spans[row], targets: recorded.mapValues { $0.row(row) })
        ]
      }, progress: progress)
    return recorded
  }
}

extension Hyperparameters {
  /// Throws unless the model has every layer; the embedding has a residual stream only.
  func check(_ layers: [LayerIndex], _ part: Site.Part, for what: String) throws(SteeringError) {
    guard !layers.isEmpty else {
      throw SteeringError(
        .unknownLayer, "\(what): no layers (expected at least one of 0 to \(self.layers - 1)).")
    }
    for layer in layers {
      let isThere =
        layer == .embedding
        ? part == .residual : layer.number >= 0 && layer.number < self.layers
      guard isThere else {
        throw SteeringError(
          .unknownLayer,
          "\(what): layer \(layer) (\(part.rawValue)) does not exist in this model "
            + "(expected 0 to \(self.layers - 1), or the embedding's residual stream). "
            + "Choose another layer.")
      }
    }
  }
}
