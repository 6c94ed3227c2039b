import Engine
import Kernels
import Statistics
import Steering
import Tokens

/// The metrics that read probabilities of what comes after a prompt.
extension BuiltInMetric {
  static let answers: [BuiltInMetric] = [
    BuiltInMetric(
      name: "choice",
      about: "How much of the two answers' probability the item's positive answer has, mean over "
        + "both orders; with log_odds and mass.",
      takes: []
    ) { arguments in
      let steering = try MetricSteering(arguments)
      return .together { samples, progress in
        let items = try samples[0]
          .map {
            try ScoredItem($0.item, steering.model, needsAnswers: true)
          }
        return try steering.scores(of: items.map(\.forms), samples, progress)
          .map { $0.map(choice) }
      }
    },
    BuiltInMetric(
      name: "probability",
      about: "p of one completion over p of both, and their mass together, spellings added up.",
      takes: ["positive", "negative"]
    ) { arguments in
      let sides = [arguments(1, "positive"), arguments(2, "negative")]
      let steering = try MetricSteering(arguments)
      let answers = try sides.map { try $0.answers(steering.model) }
      guard Set(answers[0]).isDisjoint(with: answers[1]) else {
        throw sides[1].bad("a completion that is not the positive one too expected")
      }
      return .together { samples, progress in
        let forms = try samples[0]
          .map { sample in
            AnswerForm(
              prompt: try steering.model.model.tokens(of: sample.prompt), positive: answers[0],
              negative: answers[1])
          }
        return try steering.scores(of: forms.map { [$0] }, samples, progress)
          .map { point in
            point.map { ["p": .number($0[0].probability), "mass": .number($0[0].mass)] }
          }
      }
    },
    BuiltInMetric(
      name: "divergence",
      about: "KL of the model's next token from the unsteered one, nats, and how often the "
        + "likeliest stays the same: after the prompt, or over the output.",
      takes: ["over"]
    ) { arguments in
      let isOutput =
        try arguments(1, "over").choice(["answer", "output"], default: "answer") == "output"
      let steering = try MetricSteering(arguments)
      let object = steering.model
      func value(_ found: Divergence) -> LuaValue {
        ["kl": .number(found.kl), "top1": .number(found.agreement)]
      }
      guard isOutput else {
        return .together { samples, progress in
          let prompts = try samples[0].map { try object.model.tokens(of: $0.prompt) }
          return
            try steering.byPoint(samples, progress) { rows, variants, progress in
              try object.session.divergences(
                rows.map { prompts[$0] }, variants: variants, common: [object.library.stopCheck],
                progress: progress)
            }
            .map { $0.map(value) }
        }
      }
      return .each { sample in
        let prompt = try object.model.tokens(of: sample.prompt)
        let output = try sample.tokens
        guard !output.isEmpty else { return .nil }
        // What follows the output's last token is no part of it.
        let found = try object.session.divergence(
          prompt + output.dropLast(), from: prompt.count - 1, promptLength: prompt.count,
          interventions: try steering.acting(on: sample), common: [object.library.stopCheck])
        return value(found)
      }
    },
    BuiltInMetric(
      name: "refusal_odds",
      about: "log p/(1 − p) of the first answer token being one that refusals begin with, nats "
        + "(Arditi et al., arXiv 2406.11717).",
      takes: ["tokens"]
    ) { arguments in
      let steering = try MetricSteering(arguments)
      let given = arguments(1, "tokens")
      let first = given.isMissing ? nil : try given.answers(steering.model)
      guard first?.allSatisfy({ $0.count == 1 }) ?? true else {
        throw given.bad("words of one token each expected")
      }
      let object = steering.model
      // Of equal ones, the probability counts once.
      let tokens = Array(
        Set(try first ?? [object.model.tokenizer.encode("I", special: false)])
      )
      .sorted { $0.lexicographicallyPrecedes($1) }
      return .together { samples, progress in
        let prompts = try samples[0].map { try object.model.tokens(of: $0.prompt) }
        return try steering.byPoint(samples, progress) { rows, variants, progress in
          let scores = try object.session.score(
            rows.map { prompts[$0] }, completions: tokens, variants: variants,
            common: [object.library.stopCheck], progress: progress)
          return scores.map { scores in
            rows.indices.map { row in
              let chances = (0..<tokens.count)
                .map { ScalarMath.exponential(Double(scores.row(row)[$0])) }
              return .number(RefusalOdds.of(chances.reduce(0, +)))
            }
          }
        }
      }
    },
    BuiltInMetric(
      name: "text_perplexity",
      about: "Strided perplexity of a text of its own under the steering of the point.",
      takes: ["text"]
    ) { arguments in
      let text = try arguments(1, "text").text()
      let context = try arguments.options["context"].integer(default: 512, in: 2...1 << 20)
      let stride = try arguments.options["stride"]
        .integer(
          default: max(1, context / 2), in: 1...context - 1)
      let steering = try MetricSteering(arguments)
      let tokens = try steering.model.model.tokens(of: .text(text))
      // It says nothing of the prompt: once for each point of a sweep that steers by itself.
      var known: (sweep: SweepMark, params: [UInt8], handles: [SteeringHandle], value: LuaValue)?
      return .each { sample in
        let object = steering.model
        let params = try? JSON.encode(sample.fields.fields["params"] ?? .nil)
        if sample.steering != nil, steering.isSweeps, let known, known.sweep === sample.sweep,
          known.params == params, known.handles.elementsEqual(object.handles, by: ===)
        {
          return known.value
        }
        let found = try object.session.perplexity(
          tokens, context: context, stride: stride,
          interventions: [object.library.stopCheck] + steering.acting(on: sample))
        let value: LuaValue = [
          "perplexity": .number(found.perplexity), "nll": .number(found.nll),
        ]
        if let params, let sweep = sample.sweep {
          known = (sweep, params, object.handles, value)
        }
        return value
      }
    },
    BuiltInMetric(
      name: "compression",
      about: "Bytes of the text after LZW over bytes before: small for a text that goes round in "
        + "circles.",
      takes: []
    ) { _ in
      .each { sample in LZW.share(of: Array(try sample.text.utf8)).map { .number($0) } ?? .nil }
    },
    BuiltInMetric(
      name: "judge",
      about: "The rating that a model gives the text, expected over its probabilities of the "
        + "numbers; with their mass.",
      takes: ["criterion"]
    ) { arguments in
      .each(try Judge(arguments).metric)
    },
  ]
}

/// What `cast.metrics.choice` says of an item's forms.
private func choice(_ scores: [AnswerScore]) -> LuaValue {
  func mean(_ value: (AnswerScore) -> Double) -> LuaValue {
    .number(Moments.mean(scores.map(value)))
  }
  return [
    "p": mean(\.probability), "log_odds": mean(\.logOdds), "mass": mean(\.mass),
    "correct": mean { $0.logOdds > 0 ? 1 : $0.logOdds == 0 ? 0.5 : 0 },
  ]
}
