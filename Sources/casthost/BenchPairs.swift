import Engine
import Foundation
import Steering
import Tokens
import Transformer

/// Contrast pairs to measure with: those of a file, or synthetic ones of the same lengths.
struct BenchPairs {
  /// Pairs that a vector is built from.
  static let built = 100
  /// All pairs.
  let all: ContrastSet
  /// Where they come from, for the figures.
  let source: String

  /// Reads or makes the pairs.
  init(_ model: Model, file: String?, seed: UInt64) throws {
    guard let file else {
      all = BenchPairs.synthetic(model, seed: seed)
      source = "synthetic pairs"
      return
    }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw CommandFailure(
        .usage, "\(file): cannot be read (expected a file of contrast pairs). Check the path.")
    }
    let read = try ContrastSet.parse(String(decoding: data, as: UTF8.self), path: file)
    let hasTemplate = (try? model.chatTemplate) != nil
    all = hasTemplate ? read : ContrastSet(read.pairs.map(BenchPairs.plain), source: read.source)
    let name = file.split(separator: "/").last.map(String.init) ?? file
    source = "pairs of \(name)" + (hasTemplate ? "" : ", without a chat template")
  }

  /// The pairs that a vector is built from.
  var forBuilding: ContrastSet { all.take(BenchPairs.built) }

  /// Items to score, not among those of the build where there are enough: the tokens that both
  /// sides of a pair begin with, and the two ends of the first as completions.
  func items(_ count: Int, _ model: Model) throws -> (prompts: [[Int32]], completions: [[Int32]]) {
    let rest = all.pairs.dropFirst(BenchPairs.built)
    let chosen = rest.count >= count ? rest.prefix(count) : all.pairs.prefix(count)
    let tokens = try chosen.map {
      (try model.tokens(of: $0.positive), try model.tokens(of: $0.negative))
    }
    let prompts = tokens.map { left, right in
      Array(zip(left, right).prefix { $0 == $1 }.map(\.0))
    }
    guard let first = tokens.first, let shared = prompts.first?.count else { return ([], []) }
    return (
      prompts, [Array(first.0.dropFirst(shared)), Array(first.1.dropFirst(shared))]
    )
  }

  /// A conversation as plain text, for a base model: what was said, a line each.
  private static func plain(_ pair: ContrastPair) -> ContrastPair {
    func text(_ prompt: Prompt) -> Prompt {
      guard case .messages(let messages) = prompt else { return prompt }
      return .text(messages.map(\.content).joined(separator: "\n"))
    }
    return ContrastPair(
      positive: text(pair.positive), negative: text(pair.negative), fields: pair.fields)
  }

  /// Pairs as those of the Model-Written Evals in SmolLM2's template: the same first tokens for
  /// all, then a question, then one token that differs.
  private static func synthetic(_ model: Model, seed: UInt64) -> ContrastSet {
    var random = RandomSource(seed: seed)
    let opening = randomTokens(24, of: model, &random)
    let answers = randomTokens(2, of: model, &random)
    let pairs = (0..<2 * built)
      .map { _ in
        let length = 20 + Int(random.next() % 28)
        let question = opening + randomTokens(length, of: model, &random)
        return ContrastPair(
          positive: .tokens(question + [answers[0]]), negative: .tokens(question + [answers[1]]))
      }
    return ContrastSet(pairs, source: "synthetic")
  }
}

/// Ids of ordinary tokens: from the second half of the vocabulary, where none is special, up to
/// its last 1/16.
func randomTokens(_ count: Int, of model: Model, _ random: inout RandomSource) -> [Int32] {
  let size = UInt64(model.vocabularySize)
  return (0..<count).map { _ in Int32(size / 2 + random.next() % max(1, size * 7 / 16)) }
}

/// A short random direction for each layer: steering by it costs what any steering costs, and the
/// numbers stay finite.
func randomVector(for model: Model, seed: UInt64, stream: Int) throws -> ControlVector {
  var random = RandomSource(seed: seed, stream: stream)
  var directions: [LayerIndex: [Float]] = [:]
  for layer in 0..<model.sizes.layers {
    directions[LayerIndex(layer)] = (0..<model.sizes.width)
      .map { _ in Float(0.01 * random.normal()) }
  }
  return try ControlVector(directions)
}
