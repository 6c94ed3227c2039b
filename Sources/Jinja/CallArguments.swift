/// The values of a call's arguments.
struct CallArguments {
  var positional: [Value] = []
  var keyword: [(name: String, value: Value)] = []

  /// The arguments in the order of the parameters; nil for those that were not given.
  ///
  /// - Throws: ``JinjaError`` with code `type` for too many, too few and unknown ones.
  func bound(
    _ function: String, _ parameters: [String], required: Int = 0
  ) throws -> [Value?] {
    guard positional.count <= parameters.count else {
      throw JinjaError(
        .type,
        "\(function): \(positional.count) arguments (expected at most \(parameters.count)).")
    }
    var values: [Value?] = positional
    values += [Value?](repeating: nil, count: parameters.count - positional.count)
    for (name, value) in keyword {
      guard let place = parameters.firstIndex(of: name) else {
        throw JinjaError(.type, "\(function): there is no argument '\(name)'.")
      }
      guard values[place] == nil else {
        throw JinjaError(.type, "\(function): the argument '\(name)' is given twice.")
      }
      values[place] = value
    }
    for place in 0..<required where values[place] == nil {
      throw JinjaError(.type, "\(function): the argument '\(parameters[place])' is missing.")
    }
    return values
  }

  /// Checks that there are no arguments.
  func finish(_ function: String) throws { _ = try bound(function, []) }

  /// The keyword arguments as a dictionary.
  func keywords(_ budget: Budget) throws -> Dict {
    let dict = Dict()
    for (name, value) in keyword { try dict.set(.text(name), value, budget) }
    return dict
  }
}
