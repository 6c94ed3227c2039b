import Engine
import Kernels
import Steering
import Tokens

extension ModelObject {
  static func declareScoring(in type: ClassDeclaration<ModelObject>) {
    type.method("score", isModelTime: true) { object, call in
      let prompts = try object.prompts(call)
      let completions = try call.argument(2, "completions").list()
        .map { entry in
          if case .table = entry.value { return try entry.tokenIDs() }
          return try object.model.tokenizer.encode(entry.text(), special: true)
        }
      let options = try call.options(3)
      let variants = try options["variants"].variants(for: object, call.machine)
      return try object.run(options, call, variants: variants ?? []) { declared, scripted in
        let given = variants ?? [[]]
        let scores = try object.session.score(
          prompts, completions: completions, variants: given.map { $0 + scripted },
          common: declared,
          progress: object.progress("scoring", prompts.count * given.count))
        return variants == nil ? .tensor(scores[0]) : .list(scores.map { .tensor($0) })
      }
    }
  }
}

extension Argument {
  /// What `variants = {…}` lists: what `steer` takes, or false for none; nil if missing.
  fileprivate func variants(
    for model: ModelObject, _ machine: LuaMachine
  ) throws -> [[Steering]]? {
    if isMissing { return nil }
    let entries = try list()
    guard !entries.isEmpty else { throw bad("at least one variant expected, got an empty list") }
    return try entries.map { entry in
      if case .boolean(let isOn) = entry.value {
        if !isOn { return [] }
        throw entry.bad("a steering, a list of them or false expected, got true")
      }
      return try entry.steerings(for: model, machine)
    }
  }
}
