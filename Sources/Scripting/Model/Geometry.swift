import Engine
import Kernels
import Steering
import Tokens
import Transformer

extension ModelLibrary {
  /// Declares `cast.geometry`.
  func declareGeometry(in cast: HostModule) {
    let geometry = cast.module("geometry")
    geometry.function("pairwise_cosine") { call in
      .optional(Geometry.meanPairwiseCosine(try call.argument(1, "rows").matrix()))
    }
    geometry.function("explained_variance") { call in
      .optional(Geometry.explainedVariance(try call.argument(1, "rows").matrix()))
    }
  }
}

extension VectorObject {
  /// Declares `vector:separation`.
  static func declareSeparation(in type: ClassDeclaration<VectorObject>) {
    type.method("separation", isModelTime: true) { object, call in
      let model = try call.argument(1, "model").object(ModelObject.self)
      let set = try call.argument(2, "dataset").object(DatasetObject.self).set
      let options = try call.options(3)
      let position = options["position"]
      let rule =
        try position.isMissing
        ? TokenRule(named: object.vector.passport.position) : position.tokenRule(call.machine)
      let vector = object.vector
      let site = options["site"]
      let built = vector.passport.site.flatMap { Site.Part(rawValue: $0) }
      let part = try site.isMissing ? built ?? .residual : site.site()
      guard vector.rows == 1, built != .heads else {
        throw try call.argument(1, "model").bad("a vector of one direction a layer expected")
      }
      guard vector.width == model.model.sizes.width else {
        throw try call.argument(1, "model")
          .bad(
            "a model as wide as the vector, \(vector.width), expected, got "
              + "\(model.model.sizes.width); use the one that it was built for")
      }
      let given = set.pairs.map(\.positive) + set.pairs.map(\.negative)
      let prompts = try given.map { try model.model.tokens(of: $0) }
      let responses =
        rule.readsResponse ? try given.map { try model.model.responseStart(of: $0) } : []
      return try model.run(options, call) { interventions in
        let rows = try model.session.activations(
          prompts, layers: object.vector.layers, part: part, at: rule, responses: responses,
          interventions: interventions,
          progress: model.progress("reading activations", prompts.count))
        return .byLayer(
          object.vector.layers.compactMap { layer in
            guard let direction = object.vector[layer], let all = rows[layer] else { return nil }
            let found = Separation(
              direction, positive: all.copied(0..<set.count),
              negative: all.copied(set.count..<2 * set.count))
            return (
              layer,
              [
                "auroc": .number(found.auroc), "cohensD": .number(found.cohensD),
                "pairedAccuracy": .optional(found.pairedAccuracy),
              ]
            )
          })
      }
    }
  }
}

extension ModelObject {
  /// Declares `model:divergence` and `model:logit_lens`.
  static func declareEvidence(in type: ClassDeclaration<ModelObject>) {
    type.method("divergence", isModelTime: true) { object, call in
      let tokens = try object.model.tokens(of: call.argument(1, "prompt").prompt())
      let options = try call.options(2)
      let rows = try options["rows"].choice(["last", "all"], default: "last")
      let steer = options["steer"]
      let steerings = try steer.steerings(for: object, call.machine)
      guard !steerings.isEmpty else {
        throw steer.bad("what steers expected: it is compared with the model without it")
      }
      let scripted = try object.library.hooks.interventions(for: object)
      try options.finish()
      object.uses += 1
      let found = try object.session.divergence(
        tokens, from: rows == "all" ? 0 : tokens.count - 1, interventions: steerings,
        common: [object.library.stopCheck] + object.handles.compactMap(\.steering) + scripted)
      for steering in steerings { try steering.checkActed() }
      return [
        "kl": .number(found.kl), "largest": .number(found.largest),
        "top1": .number(found.agreement), "tokens": .integer(found.tokens),
      ]
    }
    type.method("logit_lens", isModelTime: true) { object, call in
      let direction = try call.argument(1, "direction")
        .vector(count: object.model.sizes.width)
      let options = try call.options(2)
      let count = try options["top"].integer(default: 10, in: 1...1_000)
      try options.finish()
      let logits = object.session.logitLens(direction)
      let values = logits.values
      let order = values.indices.sorted { (values[$0], -$0) > (values[$1], -$1) }
      func entries(_ ids: some Sequence<Int>) throws -> LuaValue {
        .list(
          try ids.map { id in
            [
              "token": .integer(id),
              "text": .bytes(try object.model.tokenizer.decode([Int32(id)], special: true)),
              "logit": .number(Double(values[id])),
            ]
          })
      }
      return [
        "top": try entries(order.prefix(count)),
        "bottom": try entries(order.suffix(count).reversed()),
      ]
    }
  }
}

extension LuaValue {
  /// A number, or nil.
  static func optional(_ number: Double?) -> LuaValue { number.map { .number($0) } ?? .nil }
}

extension Argument {
  /// A tensor of shape `[n, m]`.
  fileprivate func matrix() throws -> Tensor {
    let tensor = try tensor()
    guard !tensor.isVector else {
      throw bad("tensor of shape [n, m] expected, got [\(tensor.columns)]")
    }
    return tensor
  }
}

extension Tensor {
  /// A copy of some rows.
  fileprivate func copied(_ range: Range<Int>) -> Tensor {
    let part = Tensor(rows: range.count, columns: columns)
    if !range.isEmpty { part.base.update(from: row(range.lowerBound), count: part.count) }
    return part
  }
}
