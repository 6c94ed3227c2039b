import Engine
import Kernels
import Steering
import Tokens
import Transformer

/// A model in a recipe.
final class ModelObject: HostObject {
  static let luaName = "model"
  let session: Session
  let library: ModelLibrary
  /// The activations of the last build, for the next one on the same data.
  let memo = ActivationMemo()
  /// Steerings that `model:steer` switched on, in that order.
  var handles: [SteeringHandle] = []

  /// What each steering of the last call did.
  var lastEffects: [(SteeringEffect, SteeringCondition?)] = []

  /// Calls so far that ran the model.
  var uses = 0

  var model: Model { session.model }

  /// Whether the model has run since a count of uses.
  func wasUsed(since count: Int) -> Bool { uses > count }

  init(_ model: Model, _ library: ModelLibrary) {
    session = Session(model)
    self.library = library
  }

  static func declare(in type: ClassDeclaration<ModelObject>) {
    type.property("name") { .string($0.model.name) }
    type.property("architecture") { .string($0.model.sizes.architecture.name) }
    type.property("n_layers") { .integer($0.model.sizes.layers) }
    type.property("d_model") { .integer($0.model.sizes.width) }
    type.property("n_heads") { .integer($0.model.sizes.heads) }
    type.property("vocab_size") { .integer($0.model.vocabularySize) }
    type.property("context_length") { .integer($0.model.sizes.contextLength) }
    type.property("hash") { .string(try $0.library.hash(of: $0.model)) }
    type.property("stats") { object in
      ["steering": .list(object.lastEffects.map { effectTable($0.0, $0.1) })]
    }
    type.text { "model \($0.model.name) (\($0.model.sizes.layers) layers)" }
    declareText(in: type)
    declareNumbers(in: type)
    declareScoring(in: type)
    declareEvidence(in: type)
    declareGeneration(in: type)
    type.method("steer") { object, call in .object(try object.steer(call)) }
  }

  // MARK: Text and tokens

  private static func declareText(in type: ClassDeclaration<ModelObject>) {
    type.method("tokenize", in: .anywhere) { object, call in
      try TokenizerObject.encode(call, with: object.model.tokenizer)
    }
    type.method("detokenize", in: .anywhere) { object, call in
      try TokenizerObject.decode(call, with: object.model.tokenizer)
    }
    type.method("chat", in: .anywhere) { object, call in
      let messages = try call.argument(1, "messages").messages()
      let options = try call.options(2)
      let opens = try options["add_generation_prompt"].boolean(default: true)
      try options.finish()
      return .string(
        opens
          ? try object.model.render(messages)
          : try object.model.render(messages, addGenerationPrompt: false))
    }
  }

  // MARK: Numbers

  private static func declareNumbers(in type: ClassDeclaration<ModelObject>) {
    type.method("forward", isModelTime: true) { object, call in
      let tokens = try object.model.tokens(of: call.argument(1, "prompt").prompt())
      let options = try call.options(2)
      let rows = try options["rows"].choice(["last", "all"], default: "last")
      return try object.run(options, call) { interventions in
        .tensor(
          try object.session.logits(
            tokens, rows: rows == "all" ? .all : .last, interventions: interventions))
      }
    }
    type.method("logprobs", isModelTime: true) { object, call in
      let tokens = try object.model.tokens(of: call.argument(1, "prompt").prompt())
      return try object.run(try call.options(2), call) { interventions in
        .tensor(
          Tensor(try object.session.logProbabilities(tokens, interventions: interventions)))
      }
    }
    type.method("perplexity", isModelTime: true) { object, call in
      let tokens = try object.model.tokens(of: .text(call.argument(1, "text").text()))
      let options = try call.options(2)
      let context = try options["context"].integer(default: 512, in: 2...1 << 20)
      let stride = try options["stride"].integer(default: context / 2, in: 1...context - 1)
      return try object.run(options, call) { interventions in
        let result = try object.session.perplexity(
          tokens, context: context, stride: stride, interventions: interventions,
          progress: object.progress("perplexity", tokens.count))
        return [
          "perplexity": .number(result.perplexity), "nll": .number(result.nll),
          "tokens": .integer(result.tokens),
        ]
      }
    }
    type.method("activations", isModelTime: true) { object, call in
      let given = try call.argument(1, "prompts").prompts()
      let prompts = try given.map { try object.model.tokens(of: $0) }
      let responses = try given.map { try object.model.responseStart(of: $0) }
      let options = try call.options(2)
      let layers = try options["layers"].layers(of: object.model.sizes.layers)
      let rule = try options["position"].tokenRule(call.machine)
      let part = try options["site"].site()
      return try object.run(options, call) { interventions in
        let found = try object.session.activations(
          prompts, layers: layers ?? (0..<object.model.sizes.layers).map { LayerIndex($0) },
          part: part, at: rule, responses: responses, interventions: interventions,
          progress: object.progress("reading activations", prompts.count))
        return .byLayer(found.map { ($0.key, .tensor($0.value)) })
      }
    }
  }

  func prompts(_ call: Call) throws -> [[Int32]] {
    try call.argument(1, "prompts").prompts().map { try model.tokens(of: $0) }
  }

  /// A progress report that also ends the work if the run was told to stop.
  func progress(_ work: String, _ total: Int) -> (Int) throws -> Void {
    { [library] done in
      library.access.progress(work, done, total)
      try library.checkStop()
    }
  }

  /// Runs the model with the steering and hooks of a call, and checks that the steering acted.
  ///
  /// Reads the option `steer` and refuses options that nobody asked for.
  func run(
    _ options: OptionTable, _ call: Call, _ body: ([any Intervention]) throws -> LuaValue
  ) throws -> LuaValue {
    try run(options, call, variants: []) { try body($0 + $1) }
  }

  /// Runs the model with the steering and hooks of a call, and checks that the steering, and that
  /// of all variants, acted; `body` gets what is declared and the recipe's hooks, in that order.
  func run(
    _ options: OptionTable, _ call: Call, variants: [[Steering]],
    _ body: (_ declared: [any Intervention], _ scripted: [any Intervention]) throws -> LuaValue
  ) throws -> LuaValue {
    let steerings = try options["steer"].steerings(for: self, call.machine)
    try options.finish()
    let scripted = try library.hooks.interventions(for: self)
    uses += 1
    let result = try body(
      [library.stopCheck] + handles.compactMap(\.steering) + steerings, scripted)
    try finish(steerings + variants.joined())
    return result
  }

  /// Keeps an account of a call's steerings, each of which must have acted.
  func finish(_ steerings: [Steering]) throws {
    lastEffects = steerings.map { ($0.effect, $0.condition) }
    for steering in steerings { try steering.checkActed() }
  }
}

/// Ends a computation between blocks when the run has been told to stop.
final class StopCheck: Intervention, ResidualHook {
  private let machine: LuaMachine

  init(_ machine: LuaMachine) { self.machine = machine }

  var treatsPrefixesAlike: Bool { true }
  var isNeutral: Bool { true }

  func hooks(for place: SequencePlace) -> [any ResidualHook] { [self] }

  func wants(_ site: Site) -> Bool { site.part == .residual }

  func visit(_ rows: ResidualRows, at site: Site) throws { try machine.checkStop() }
}

extension Argument {
  /// Which token activations are read at: `"last"`, `"mean"`, an integer, or a function.
  ///
  /// For building also `"all"`, every token.
  func tokenRule(_ machine: LuaMachine, allowsAll: Bool = false) throws -> TokenRule {
    if isMissing { return .last }
    switch value {
    case .bytes:
      switch try choice(["last", "mean", "prompt", "response"] + (allowsAll ? ["all"] : [])) {
      case "mean": return .mean
      case "prompt": return .prompt
      case "response": return .response
      case "all": return .every
      default: return .last
      }
    case .function(let function):
      return .chosen { tokens in
        let ids = LuaValue.list(tokens.map { .integer(Int($0)) })
        let result = try machine.call(function, [ids], in: .run, results: 1)[0]
        return try Argument(result, called: "the position that the function returned", machine)
          .integer()
      }
    default: return .index(try integer())
    }
  }

  /// The buffer of a block.
  func site(default other: Site.Part = .residual) throws -> Site.Part {
    let names = ["residual", "attention", "mlp", "residual_mid", "heads"]
    return Site.Part(rawValue: try choice(names, default: other.rawValue)) ?? other
  }
}
