import Engine
import Steering
import Tokens

/// A contrast set in a recipe.
final class DatasetObject: HostObject {
  static let luaName = "dataset"
  let set: ContrastSet

  init(_ set: ContrastSet) { self.set = set }

  static func declare(in type: ClassDeclaration<DatasetObject>) {
    type.operation(.len) { call in
      .integer(try call.argument(1, "dataset").object(DatasetObject.self).set.count)
    }
    type.index { object, key in
      let index = try key.integer()
      guard object.set.pairs.indices.contains(index - 1) else { return .nil }
      return row(object.set.pairs[index - 1])
    }
    type.method("split", in: .anywhere) { object, call in
      let fraction = try call.argument(1, "fraction").number(in: 0...1)
      let options = try call.options(2)
      let field = try options["by"].isMissing ? nil : options["by"].text()
      try options.finish()
      if let field, !object.set.pairs.contains(where: { $0.fields[field] != nil }) {
        throw try call.argument(2, "options").bad("no pair has a field '\(field)'")
      }
      let (first, rest) = object.set.split(fraction, by: field)
      return .many([.object(DatasetObject(first)), .object(DatasetObject(rest))])
    }
    type.method("take", in: .anywhere) { object, call in
      let count = try call.argument(1, "n").integer(in: 0...Int.max)
      return .object(DatasetObject(object.set.take(count)))
    }
    type.method("shuffle", in: .anywhere) { object, call in
      let seed = try call.argument(1, "seed")
      let drawn =
        seed.isMissing ? call.machine.randomBits() : UInt64(try seed.integer(in: 0...Int.max))
      return .object(DatasetObject(object.set.shuffled(seed: drawn)))
    }
    type.method("map") { object, call in
      let function = try call.argument(1, "function").function()
      var set = object.set
      set.pairs = try set.pairs.enumerated()
        .map { index, pair in
          let result = try call.machine.call(
            function, [row(pair), .integer(index + 1)], in: .run, results: 1)
          return try self.pair(
            Argument(
              result[0], called: "row \(index + 1) that the function returned", call.machine))
        }
      return .object(DatasetObject(set))
    }
    type.method("filter") { object, call in
      let function = try call.argument(1, "function").function()
      var set = object.set
      set.pairs = try set.pairs.enumerated()
        .filter { index, pair in
          let result =
            try call.machine
            .call(
              function, [row(pair), .integer(index + 1)], in: .run, results: 1)[0]
          if case .boolean(false) = result { return false }
          return !result.isNil
        }
        .map(\.element)
      return .object(DatasetObject(set))
    }
    declareLooking(in: type)
    type.text { "dataset of \($0.set.count) pairs (\($0.set.source))" }
  }

  /// A pair as a recipe sees it: positive, negative, and the fields of its file.
  private static func row(_ pair: ContrastPair) -> LuaValue {
    var fields = pair.fields.mapValues { LuaValue.string($0) }
    fields["positive"] = LuaValue(pair.positive)
    fields["negative"] = LuaValue(pair.negative)
    return .record(fields)
  }

  /// A pair as a recipe writes it: `{positive, negative}` or with those names, other fields kept.
  static func pair(_ argument: Argument) throws -> ContrastPair {
    let table = try argument.table()
    let entries = try argument.options()
    if table.fields.isEmpty {
      guard table.list.count == 2 else {
        throw argument.bad("{positive, negative} expected, got \(table.list.count) entries")
      }
      return ContrastPair(positive: try entries[1].prompt(), negative: try entries[2].prompt())
    }
    var fields: [String: String] = [:]
    for name in entries.names where name != "positive" && name != "negative" {
      fields[name] = try entries[name].text()
    }
    return ContrastPair(
      positive: try entries["positive"].prompt(), negative: try entries["negative"].prompt(),
      fields: fields)
  }
}

// MARK: Looking at pairs

extension DatasetObject {
  /// Declares `check` and `show`.
  fileprivate static func declareLooking(in type: ClassDeclaration<DatasetObject>) {
    type.method("check", isModelTime: true) { object, call in
      let model = try call.argument(1, "model")
      let check: DatasetCheck
      if model.isMissing {
        check = try DatasetCheck(object.set)
      } else {
        let model = try model.object(ModelObject.self)
        check = try DatasetCheck(object.set) { prompt in
          try call.machine.checkStop()
          return try model.model.tokens(of: prompt).count
        }
      }
      return .many([check.table, .string(check.text)])
    }
    type.method("show") { object, call in
      let model = try call.argument(1, "model").object(ModelObject.self).model
      let number = try call.argument(2, "i").integer(default: 1)
      guard object.set.pairs.indices.contains(number - 1) else {
        throw try call.argument(2, "i").bad("a pair from 1 to \(object.set.count) expected")
      }
      let pair = object.set.pairs[number - 1]
      let difference = PairDifference(
        try model.tokens(of: pair.positive), try model.tokens(of: pair.negative))
      let text = difference.text { ids in
        let bytes = try? model.tokenizer.decode(ids, special: true)
        return String(decoding: bytes ?? [], as: UTF8.self)
      }
      return .many([.string("pair \(number): " + text), difference.table])
    }
  }
}

extension DatasetCheck {
  /// The findings, as a recipe sees them.
  fileprivate var table: LuaValue {
    func groups(_ groups: [[Int]]) -> LuaValue {
      .list(groups.map { .list($0.map { .integer($0) }) })
    }
    return [
      "pairs": .integer(pairs), "unit": .string(unit),
      "labels": .list(labels.map { ["text": .string($0.text), "count": .integer($0.count)] }),
      "length": ["positive": .number(positiveLength), "negative": .number(negativeLength)],
      "longer": ["positive": .integer(longerPositive), "negative": .integer(longerNegative)],
      "duplicates": groups(duplicates), "near_duplicates": groups(nearDuplicates),
      "without_difference": .list(withoutDifference.map { .integer($0) }),
      "warnings": .list(warnings.map { .string($0) }),
    ]
  }
}

extension PairDifference {
  /// Tokens, and the positions where the sides differ, 0-based as positions are.
  fileprivate var table: LuaValue {
    func list(_ numbers: [some BinaryInteger]) -> LuaValue {
      .list(numbers.map { .integer(Int($0)) })
    }
    return [
      "positive": list(positive), "negative": list(negative),
      "positive_only": list(positiveOnly), "negative_only": list(negativeOnly),
    ]
  }
}
