import Engine
import Statistics
import Steering
import Transformer

/// What a recipe asks of `cast.evaluate`, read and checked before anything runs.
struct EvaluationRequest {
  /// A vector with its controls.
  struct Subject {
    let vector: ControlVector
    let shuffled: [ControlVector]
  }

  /// One of the ways to apply a vector that the selection chooses from.
  struct Setting {
    /// What is steered, as `steer` takes it; nil: all layers of the vector.
    let layers: LuaValue?
    let scale: LuaValue?

    var text: String {
      let parts = [
        layers.map { "layers " + SweepGrid.text($0) }, scale.map { "scale " + SweepGrid.text($0) },
      ]
      return parts.compactMap { $0 }.joined(separator: ", ")
    }
  }

  /// What is measured of an item.
  enum Measure {
    case logOdds, probability, accuracy
    /// A function of the recipe, of all items and what steers.
    case scripted(LuaReference)

    var unit: String { if case .logOdds = self { "nats" } else { "" } }
  }

  let model: ModelObject
  let subjects: [Subject]
  let isList: Bool
  let items: [ScoredItem]
  /// How many rows were left out: asked already, or the vector was built from them.
  let duplicates: Int
  let trained: Int
  let settings: [Setting]
  let steer: LuaTable
  let measures: [(name: String, measure: Measure)]
  let randomCount: Int
  let validation: Double
  let minimumMass: Double
  let level: Double
  let weighing: Evidence.Options
  let measuresCost: Bool
  let seed: UInt64

  var scoresAnswers: Bool {
    measures.contains {
      if case .scripted = $0.measure { return false }
      return true
    }
  }

  init(_ call: Call, _ library: ModelLibrary) throws {
    let options = try call.options(1, "evaluate")
    let given = options["model"]
    model = try given.isMissing ? library.model(nil) : given.object(ModelObject.self)
    measures = try EvaluationRequest.measures(options["metrics"])
    let chosen = options["seed"]
    seed =
      chosen.isMissing ? call.machine.seed : UInt64(bitPattern: Int64(try chosen.integer()))
    level = try options["level"].number(default: 0.05, in: 1e-6...0.5)
    validation = try options["validation"].number(default: 0.4, in: 0.05...0.95)
    minimumMass = try options["min_mass"].number(default: 0.5, in: 0...1)
    measuresCost = try options["cost"].boolean(default: true)
    var weighing = Evidence.Options()
    weighing.alternative = try options["alternative"].alternative(default: .greater)
    weighing.resamples = try options["resamples"].integer(default: 2_000, in: 10...1_000_000)
    self.weighing = weighing

    let layers = options["layers"]
    let layerSets: [LuaValue?] =
      try layers.isMissing ? [.none] : EvaluationRequest.layerSets(layers, model).map(Optional.some)
    let scales = options["scales"]
    let scaleValues: [LuaValue?] =
      try scales.isMissing ? [nil] : scales.numbers().map { LuaValue.number($0) }
    settings = layerSets.flatMap { layers in
      scaleValues.map { Setting(layers: layers, scale: $0) }
    }
    let steering = options["steer"]
    steer = steering.isMissing ? LuaTable() : try steering.table()
    for name in ["layers", "scale"] where steer.fields[name] != nil {
      throw steering.bad("give evaluate's own '\(name == "scale" ? "scales" : name)' instead")
    }
    guard steer.fields["unit"]?.text != "sigma" else {
      throw steering.bad("unit 'sigma' would give each control a length of its own; use 'norm'")
    }
    guard steer.fields["op"]?.text != "ablate_affine" else {
      throw steering.bad(
        "op 'ablate_affine' moves to where the negative side lies along the vector, and a random "
          + "direction has no such place; use 'ablate'")
    }

    let controls = try options["controls"].options()
    randomCount = try controls["random"].integer(default: 200, in: 1...100_000)
    let shuffled = controls["shuffled"]
    let (vector, vectors, train) = (options["vector"], options["vectors"], options["train"])
    let build = options["build"]
    guard [vector, vectors, train].count(where: { !$0.isMissing }) == 1 else {
      throw LuaError(
        .script,
        "evaluate: one of vector, vectors and train expected: a vector, several of them, or the "
          + "dataset that one is built from")
    }
    var seen: Set<String> = []
    if train.isMissing {
      guard build.isMissing else {
        throw build.bad("only with train: what the vector is built from")
      }
      guard try shuffled.integer(default: 0, in: 0...100_000) == 0 else {
        throw shuffled.bad("only with train: labels can be shuffled before the vector is built")
      }
      subjects =
        try (vectors.isMissing ? [vector] : vectors.list())
        .map { Subject(vector: try $0.object(VectorObject.self).vector, shuffled: []) }
    } else {
      let set = try train.object(DatasetObject.self).set
      let count = try shuffled.integer(default: 99, in: 0...100_000)
      let how = try library.buildOptions(build.options(), model, call.machine)
      subjects = [
        try EvaluationRequest.subject(set, how, count, seed: seed, model, library)
      ]
      seen = set.pairs.reduce(into: []) { $0.formUnion($1.questions) }
    }
    guard !subjects.isEmpty else { throw vectors.bad("at least one vector expected, got none") }
    isList = !vectors.isMissing
    try controls.finish()

    let rows = options["items"]
    let needsAnswers = measures.contains {
      if case .scripted = $0.measure { return false }
      return true
    }
    let all = try rows.list()
      .map { [model] in try ScoredItem($0, model, needsAnswers: needsAnswers) }
    let fresh = all.filter { seen.isDisjoint(with: $0.questions) }
    var known: Set<String> = []
    items = fresh.filter { known.insert($0.key).inserted }
    trained = all.count - fresh.count
    duplicates = fresh.count - items.count
    try options.finish()
    guard items.count >= 5 else {
      throw rows.bad(
        "at least 5 different items expected that the vector was not built from, got "
          + "\(items.count)")
    }
  }

  /// `{ "log_odds", warmth = function(items, steer) … end }`; the first one leads.
  private static func measures(
    _ argument: Argument
  ) throws -> [(name: String, measure: Measure)] {
    if argument.isMissing { return [("log_odds", .logOdds)] }
    let options = try argument.options()
    let names: [(String, Measure)] = [
      ("log_odds", .logOdds), ("probability", .probability), ("accuracy", .accuracy),
    ]
    var chosen = try options.list.map { entry in
      let name = try entry.name(among: names.map(\.0))
      return (name: name, measure: names.first { $0.0 == name }?.1 ?? .logOdds)
    }
    for name in options.names {
      chosen.append((name, .scripted(try options[name].function())))
    }
    guard !chosen.isEmpty, Set(chosen.map(\.name)).count == chosen.count else {
      throw argument.bad("at least one metric expected, each with a name of its own")
    }
    return chosen
  }

  /// The layers to choose from: each entry a layer, or a list of layers that are steered together.
  private static func layerSets(_ argument: Argument, _ model: ModelObject) throws -> [LuaValue] {
    let blocks = model.model.sizes.layers
    if case .table(let table)? = argument.value, table.fields.isEmpty {
      return try argument.list()
        .map { entry in
          _ = try entry.layers(of: blocks)
          return entry.value ?? .nil
        }
    }
    return try (argument.layers(of: blocks) ?? []).map { LuaValue($0) }
  }

  /// Builds a vector, and those of exchanged labels from the same activations.
  ///
  /// They keep the length that the build gives them: only then are the true labels one more draw.
  private static func subject(
    _ set: ContrastSet, _ options: BuildOptions, _ count: Int, seed: UInt64, _ model: ModelObject,
    _ library: ModelLibrary
  ) throws -> Subject {
    var options = options
    // The memo is the model's own, which a hook of the recipe could not know.
    options.memo = options.memo ?? ActivationMemo()
    let vector = try model.session.buildVector(set, options) { done, total in
      library.access.progress("building a vector", done, total)
      try library.checkStop()
    }
    let shuffled = try (0..<count)
      .map { index in
        var random = RandomSource(seed: seed ^ shuffleSalt, stream: index)
        let isExchanged = set.exchanges(using: &random)
        try library.checkStop()
        return try model.session.buildVector(set, options.exchangingSides(isExchanged))
      }
    return Subject(vector: vector, shuffled: shuffled)
  }
}

/// Sets the random numbers of controls apart from those that a recipe builds vectors with.
private let shuffleSalt: UInt64 = 0x9d5c_1f4e_27b3_6a81
