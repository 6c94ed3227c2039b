/// How entries are written in a heading.
extension API.Entry {
  /// The entry as it is used: `cast.out(name)`, `model:generate(prompt [, options])`, `cast.seed`.
  public var usage: String {
    guard case .function(let function) = kind else { return spoken }
    return spoken + function.argumentList
  }

  /// The name as a recipe has it: methods with a variable for the object.
  var spoken: String {
    guard let colon = name.firstIndex(of: ":") else { return name }
    let type = name[..<colon].split(separator: ".").last ?? ""
    return API.Entry.variable(for: type) + name[colon...]
  }

  /// What recipes call an object of a class: `model`, `ctx`, `t`.
  static func variable(for type: Substring) -> String {
    switch type {
    case "Vector": "v"
    case "Tensor": "t"
    case "Dataset": "data"
    case _ where type.hasSuffix("Context"): "ctx"
    default: type.lowercased()
    }
  }
}

extension API.Function {
  /// The arguments in parentheses, those that may be left out in brackets.
  var argumentList: String {
    var text = ""
    var open = 0
    for (offset, parameter) in parameters.enumerated() {
      let separator = offset == 0 ? "" : ", "
      if parameter.isOptional || parameter.name == "..." {
        text += offset == 0 ? "[" : " ["
        open += 1
      }
      text += separator + (parameter.name == "..." ? "…" : parameter.name)
    }
    return "(" + text + String(repeating: "]", count: open) + ")"
  }

  /// The results, as `cast.Vector`, or `string?, string?`.
  var resultList: String { results.map { $0.type.description }.joined(separator: ", ") }

  /// From where it may be called, in words; nil if that is everywhere.
  var placeList: String? {
    guard places.count < API.Place.allCases.count else { return nil }
    return API.Place.allCases.filter(places.contains).map(\.words).joined(separator: ", ")
  }
}

extension API.Place {
  /// The place in words, as messages have it.
  public var words: String {
    switch self {
    case .load: "the recipe itself"
    case .run: "a callback"
    case .layer: "an on_layer hook"
    case .token: "an on_token hook"
    case .build: "an on_vector_build hook"
    case .metric: "a metric"
    }
  }
}

extension API.Field {
  /// The field as a list of fields shows it: `seed?`, `[1]`, `[integer]`.
  var label: String {
    switch key {
    case .name(let name): name + (isOptional ? "?" : "")
    case .position(let position): "[\(position)]" + (isOptional ? "?" : "")
    case .index(let type): "[\(type)]"
    }
  }
}

extension API.Operator {
  /// The operator as a recipe writes it with an object of a class: `v + cast.Vector`.
  func usage(on variable: String) -> String {
    let signs = [
      "add": "+", "sub": "-", "mul": "*", "div": "/", "concat": "..", "band": "&", "bor": "|",
    ]
    if let sign = signs[name], let operand { return "\(variable) \(sign) \(operand)" }
    switch name {
    case "unm": return "-\(variable)"
    case "bnot": return "~\(variable)"
    case "len": return "#\(variable)"
    case "call": return "\(variable)()"
    default: return name
    }
  }
}
