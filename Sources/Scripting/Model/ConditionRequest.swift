import Engine
import Steering
import Transformer

/// `when = {vector, layer = 10, above = 0.1}` as a recipe writes it.
struct ConditionRequest {
  private let vector: ControlVector
  private let layer: LayerIndex
  private let bound: SteeringCondition.Bound
  private let similarity: SteeringCondition.Similarity
  private let rule: TokenRule

  init(_ argument: Argument, _ machine: LuaMachine) throws {
    let options = try argument.options()
    // Vector and layer have names too, but read well without them.
    let named = options["vector"]
    vector = try (named.isMissing ? options[1] : named).object(VectorObject.self).vector
    let unnamed = options[named.isMissing ? 2 : 1]
    let namedLayer = options["layer"]
    layer = try (unnamed.isMissing ? namedLayer : unnamed).layer()
    let (above, below) = (options["above"], options["below"])
    guard above.isMissing != below.isMissing else {
      throw argument.bad("either above or below expected, the threshold of the similarity")
    }
    bound = above.isMissing ? .below(try below.number()) : .above(try above.number())
    let name = try options["similarity"]
      .choice(SteeringCondition.Similarity.allCases.map(\.rawValue), default: "cosine")
    similarity = SteeringCondition.Similarity(rawValue: name) ?? .cosine
    let position = options["position"]
    rule =
      position.isMissing
      ? TokenRule(named: vector.passport.position).withoutAnswer : try position.tokenRule(machine)
    try options.finish(allowsList: true)
  }

  func condition(for object: ModelObject) throws -> SteeringCondition {
    try SteeringCondition(
      vector, layer: layer, bound, similarity: similarity, at: rule, session: object.session,
      interventions: [object.library.stopCheck])
  }
}
