import Engine
import Kernels
import Tokens
import Transformer

/// Keeps the activations of every token of one prompt, from one on, at several layers.
final class TokenRecorder: ResidualHook {
  private let part: Site.Part
  private let first: Int
  private let targets: [LayerIndex: UnsafeMutablePointer<Float>]

  /// Makes a recorder; `targets` say where each layer's `[tokens − first, width]` goes and must
  /// outlive it.
  init(
    _ part: Site.Part, from first: Int, targets: [LayerIndex: UnsafeMutablePointer<Float>]
  ) {
    self.part = part
    self.first = first
    self.targets = targets
  }

  func wants(_ site: Site) -> Bool { site.part == part && targets[site.layer] != nil }

  func visit(_ rows: ResidualRows, at site: Site) {
    guard let target = targets[site.layer] else { return }
    for row in 0..<rows.count {
      let place = rows.firstPosition + row - first
      guard place >= 0 else { continue }
      (target + place * rows.width).update(from: rows.row(row), count: rows.width)
    }
  }
}

extension Session {
  /// Bytes of activations that are kept at a time.
  private static let mostTokenBytes = 1 << 30

  /// Records the activations of every token of prompts.
  ///
  /// - Parameters:
  ///   - prompts: Token ids.
  ///   - layers: The layers to record, each once.
  ///   - part: The buffer of a block.
  ///   - first: For each prompt, the first position that is recorded.
  ///   - interventions: What acts on the sequences meanwhile.
  ///   - progress: Called with the number of prompts done.
  /// - Returns: For each layer `[tokens of all prompts, width]`, prompt after prompt.
  /// - Throws: ``SteeringError`` for a layer that does not exist, or more than a gigabyte;
  ///   `ModelError`.
  func tokenActivations(
    _ prompts: [[Int32]], layers: [LayerIndex], part: Site.Part, from first: [Int],
    interventions: [any Intervention], progress: (Int) throws -> Void
  ) throws -> [LayerIndex: Tensor] {
    try model.sizes.check(layers, part, for: "activations")
    let width = model.sizes.width(of: part)
    var starts = [0]
    for (prompt, first) in zip(prompts, first) {
      starts.append(starts[starts.count - 1] + max(0, prompt.count - first))
    }
    let rows = starts[starts.count - 1]
    let bytes = rows * width * layers.count * MemoryLayout<Float>.size
    guard bytes <= Session.mostTokenBytes else {
      throw SteeringError(
        .badOption,
        "activations of \(rows) tokens at \(layers.count) layers take \(bytes >> 20) MiB (expected "
          + "at most \(Session.mostTokenBytes >> 20)). Choose fewer layers or fewer prompts.")
    }
    let recorded = Dictionary(
      layers.map { ($0, Tensor(rows: rows, columns: width)) },
      uniquingKeysWith: { first, _ in first })
    try observe(
      prompts, from: first, interventions: interventions,
      with: { row in
        guard prompts[row].count > first[row] else { return [] }
        let targets = recorded.mapValues { $0.row(starts[row]) }
        return [TokenRecorder(part, from: first[row], targets: targets)]
      }, progress: progress)
    return recorded
  }

  /// For each prompt, the position of its first token that is no BOS.
  func firstContent(of prompts: [[Int32]]) -> [Int] {
    prompts.map { $0.count > 1 && $0.first == model.tokenizer.bos ? 1 : 0 }
  }

  /// Two prompts of equal length, the shorter one filled up with the token of a space.
  ///
  /// - Throws: `TokenError`.
  func padded(_ prompts: [[Int32]]) throws -> [[Int32]] {
    guard let longest = prompts.map(\.count).max(),
      let space = try model.tokenizer.encode(" ", special: false).first
    else { return prompts }
    return prompts.map { $0 + Array(repeating: space, count: longest - $0.count) }
  }
}
