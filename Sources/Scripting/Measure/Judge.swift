import Engine
import Kernels
import Tokens

/// A model that rates texts, without any steering or hook: `cast.metrics.judge("kindness")`.
///
/// The rating is expected over the probabilities of the numbers and not drawn, so it is the same
/// every time and says how sure the model is.
struct Judge {
  private let model: ModelObject
  private let instruction: String
  private let ratings: [(value: Double, tokens: [Int32])]

  private static let instruction = """
    Rate how much the answer shows {criterion}, from {lowest} (not at all) to {highest} (very much). \
    Reply with one number only.

    Question: {prompt}

    Answer: {text}
    """

  init(_ arguments: BuiltInMetric.Arguments) throws {
    let criterion = try arguments(1, "criterion").text()
    model = try arguments.model(arguments.options["model"])
    let scale = arguments.options["scale"]
    let ends = try scale.isMissing ? [1, 5] : scale.integers(in: 0...9)
    guard ends.count == 2, ends[0] < ends[1] else {
      throw scale.bad("two digits expected, the lowest and the highest rating")
    }
    // A digit is one token nearly everywhere, and none begins another.
    ratings = try (ends[0]...ends[1])
      .map { [model] in
        (Double($0), try model.model.tokenizer.encode("\($0)", special: false))
      }
    let given = arguments.options["instruction"]
    instruction = try given.text(default: Judge.instruction)
      .replacing("{criterion}", with: criterion).replacing("{lowest}", with: "\(ends[0])")
      .replacing("{highest}", with: "\(ends[1])")
    guard instruction.contains("{text}") else {
      throw given.bad("a text with {text} expected, and {prompt} where it is wanted")
    }
  }

  var metric: (Sample) throws -> LuaValue {
    { sample in
      let question =
        switch try sample.prompt {
        case .text(let text): text
        case .messages(let messages): messages.last { $0.role == "user" }?.content ?? ""
        case .tokens(let ids):
          String(decoding: try model.model.tokenizer.decode(ids, special: false), as: UTF8.self)
        }
      let asked = try fill(["{prompt}": question, "{text}": sample.text])
      let prompt = try model.model.tokens(
        of: .messages([ChatMessage(role: "user", content: asked)]))
      let scores = try model.session.score(
        [prompt], completions: ratings.map(\.tokens), interventions: [model.library.stopCheck])
      let chances = ratings.indices.map { ScalarMath.exponential(Double(scores.base[$0])) }
      let mass = chances.reduce(0, +)
      guard mass > 0 else { return .nil }
      let sum = zip(ratings, chances).reduce(0.0) { $0 + $1.0.value * $1.1 }
      return ["rating": .number(sum / mass), "mass": .number(mass)]
    }
  }

  /// Each place once: what is put in may itself contain braces.
  private func fill(_ values: [String: String]) throws -> String {
    var text = ""
    var rest = instruction[...]
    while let next = values.keys.compactMap({ rest.firstRange(of: $0) })
      .min(by: { $0.lowerBound < $1.lowerBound })
    {
      text += rest[..<next.lowerBound] + (values[String(rest[next])] ?? "")
      rest = rest[next.upperBound...]
    }
    return text + rest
  }
}
