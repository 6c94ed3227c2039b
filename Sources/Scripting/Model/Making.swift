import Engine
import Kernels
import Steering
import Tokens
import Transformer

extension ModelLibrary {
  /// Declares the functions of `cast.vector` that run the model many times: `select`, `persona`,
  /// `scale_for_kl`.
  func declareMaking(in vector: HostModule) {
    vector.function("select", in: .outsideHooks, isModelTime: true) { [self] call in
      let object = try call.argument(1, "model").object(ModelObject.self)
      let train = try call.argument(2, "dataset").object(DatasetObject.self).set
      let options = try call.options(3)
      let validation = try options["validation"].object(DatasetObject.self).set
      var selection = try selectionOptions(options, object)
      selection.interventions = try interventions(for: object)
      let (chosen, candidates) = try object.session.selectDirection(
        train, validation: validation, selection
      ) { done, total in
        access.progress("choosing a direction", done, total)
        try checkStop()
      }
      return .many([
        .object(VectorObject(chosen, self)), .list(candidates.map { table(of: $0) }),
      ])
    }
    vector.function("persona", in: .outsideHooks, isModelTime: true) { [self] call in
      let object = try call.argument(1, "model").object(ModelObject.self)
      var persona = try personaOptions(try call.options(2), object, call.machine)
      persona.interventions = try interventions(for: object)
      let (made, answers) = try object.session.personaVector(persona) { done, total in
        access.progress("generating answers", done, total)
        try checkStop()
      }
      return .many([
        .object(VectorObject(made, self)), .list(answers.map { table(of: $0) }),
      ])
    }
    vector.function("scale_for_kl", in: .outsideHooks, isModelTime: true) { [self] call in
      let object = try call.argument(1, "model").object(ModelObject.self)
      let source = try call.argument(2, "vector").steered()
      let prompts = try call.argument(3, "prompts").prompts()
        .map { try object.model.tokens(of: $0) }
      let options = try call.options(4)
      let wanted = try options["kl"].number(default: 1)
      let isNegative = try options["negative"].boolean(default: false)
      let request = try SteeringRequest(source, options["steer"].options(), call.machine)
      guard request.settings.op.usesScale, options["steer"].value.isWithoutScale else {
        throw options["steer"].bad("an operator that takes a scale, and no scale, expected")
      }
      try options.finish()
      let found = try object.session.scale(
        costing: wanted, on: prompts, sign: isNegative ? -1 : 1,
        interventions: try interventions(for: object),
        steering: { scale in
          var request = request
          request.settings.scale = .constant(scale)
          return try request.steering(for: object)
        },
        progress: { _ in try checkStop() })
      return .many([.number(Double(found.scale)), .number(found.divergence)])
    }
  }

  private func selectionOptions(
    _ options: OptionTable, _ object: ModelObject
  ) throws -> SelectionOptions {
    var selection = SelectionOptions()
    let tokens = options["tokens"]
    selection.tokens = try tokens.list()
      .map { entry in
        guard entry.value?.text != nil else { return Int32(try entry.integer(in: 0...1 << 30)) }
        let ids = try object.model.tokenizer.encode(entry.text(), special: true)
        guard ids.count == 1 else {
          throw entry.bad("one token expected, got \(ids.count); give the first one's id")
        }
        return ids[0]
      }
    if !options["positions"].isMissing {
      selection.positions = try options["positions"].integers()
    }
    selection.layers = try options["layers"].layers(of: object.model.sizes.layers) ?? []
    selection.deepest = try options["deepest"].number(default: selection.deepest, in: 0...2)
    selection.mostDivergence = try options["max_kl"].number(default: selection.mostDivergence)
    selection.leastInduced = try options["min_induced"].number(default: selection.leastInduced)
    try options.finish()
    return selection
  }

  private func personaOptions(
    _ options: OptionTable, _ object: ModelObject, _ machine: LuaMachine
  ) throws -> PersonaOptions {
    var persona = PersonaOptions()
    persona.positive = try options["positive"].texts()
    persona.negative = try options["negative"].texts()
    persona.questions = try options["questions"].texts()
    persona.rollouts = try options["rollouts"].integer(default: 1, in: 1...10_000)
    persona.maxTokens = try options["max_tokens"].integer(default: 128, in: 1...1 << 20)
    persona.sampling.temperature = Float(try options["temperature"].number(default: 1))
    persona.sampling.topP = Float(try options["top_p"].number(default: 1))
    let seed = options["seed"]
    persona.sampling.seed =
      seed.isMissing ? machine.seed : UInt64(bitPattern: Int64(try seed.integer()))
    if let fault = persona.sampling.fault { throw LuaError(.script, "persona: \(fault)") }
    persona.layers = try options["layers"].layers(of: object.model.sizes.layers)
    let keep = options["keep"]
    if !keep.isMissing {
      let function = try keep.function()
      persona.keep = { [self] answer in
        let result = try machine.call(function, [table(of: answer)], in: .run, results: 1)[0]
        if case .boolean(false) = result { return false }
        return !result.isNil
      }
    }
    try options.finish()
    return persona
  }

  private func table(of answer: PersonaOptions.Answer) -> LuaValue {
    [
      "side": .string(answer.isPositive ? "positive" : "negative"),
      "system": .string(answer.system), "question": .string(answer.question),
      "text": .string(answer.text),
    ]
  }

  private func table(of candidate: DirectionCandidate) -> LuaValue {
    [
      "position": .integer(candidate.position), "layer": LuaValue(candidate.layer),
      "ablated": .number(candidate.ablated), "induced": .number(candidate.induced),
      "kl": .number(candidate.divergence), "eligible": .boolean(candidate.isEligible),
    ]
  }

  // MARK: Several vectors

  /// Declares the functions of `cast.vector` that combine several vectors.
  func declareCombining(in vector: HostModule) {
    vector.function("merge", in: .anywhere) { [self] call in
      let vectors = try call.argument(1, "vectors").vectors()
      let options = try call.options(2)
      let names = ["linear", "ties", "dare", "dare_ties"]
      let method = try options["method"].choice(names, default: "linear")
      let weights =
        try options["weights"].isMissing
        ? vectors.map { _ in 1 } : options["weights"].list().map { try $0.number() }
      let (density, seed) = (options["density"], options["seed"])
      if method == "linear", let stray = [density, seed].first(where: { !$0.isMissing }) {
        throw stray.bad("method 'linear' takes none")
      }
      if method == "ties", !seed.isMissing { throw seed.bad("method 'ties' draws nothing") }
      let share = try density.number(default: 0.5)
      let start =
        seed.isMissing ? call.machine.seed : UInt64(bitPattern: Int64(try seed.integer()))
      try options.finish()
      let merge: ControlVector.Merge =
        switch method {
        case "ties": .ties(density: share)
        case "dare": .dare(density: share, seed: start)
        case "dare_ties": .dareTies(density: share, seed: start)
        default: .linear
        }
      return .object(
        VectorObject(try ControlVector.merged(vectors, weights: weights, merge), self))
    }
    vector.function("orthogonalize", in: .anywhere) { [self] call in
      let vectors = try call.argument(1, "vectors").vectors()
      let options = try call.options(2)
      let method = try options["method"]
        .choice(["gram_schmidt", "lowdin"], default: "gram_schmidt")
      try options.finish()
      let made =
        method == "lowdin"
        ? try ControlVector.lowdin(vectors) : try ControlVector.gramSchmidt(vectors)
      return .list(made.map { .object(VectorObject($0, self)) })
    }
    vector.function("join", in: .anywhere) { [self] call in
      .object(
        VectorObject(try ControlVector.joined(try call.argument(1, "vectors").vectors()), self))
    }
  }
}

extension Argument {
  /// A list of vectors.
  fileprivate func vectors() throws -> [ControlVector] {
    let entries = try list()
    guard !entries.isEmpty else { throw bad("at least one vector expected, got an empty list") }
    return try entries.map { try $0.object(VectorObject.self).vector }
  }
}

extension LuaValue? {
  /// Whether it is no table of options with a scale in it.
  fileprivate var isWithoutScale: Bool {
    guard case .table(let table)? = self else { return true }
    return table.fields["scale"] == nil
  }
}
