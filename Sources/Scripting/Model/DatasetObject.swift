import Engine
import Steering

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
      let (first, rest) = object.set.split(fraction)
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

extension ModelLibrary {
  /// Declares `cast.dataset`.
  func declareDatasets(in cast: HostModule) {
    let dataset = cast.module("dataset")
    dataset.function("pairs") { call in
      let rows = try call.argument(1, "pairs").list()
      guard !rows.isEmpty else {
        throw try call.argument(1, "pairs").bad("at least one pair expected, got an empty list")
      }
      return .object(DatasetObject(ContrastSet(try rows.map { try DatasetObject.pair($0) })))
    }
    dataset.function("template") { call in
      let personas = try call.options(2, "personas")
      let set = try ContrastSet.template(
        call.argument(1, "text").text(), positive: personas["positive"].texts(),
        negative: personas["negative"].texts(), suffixes: call.argument(3, "suffixes").texts())
      try personas.finish()
      return .object(DatasetObject(set))
    }
    dataset.function("load", in: .outsideHooks) { [files] call in
      let path = try call.argument(1, "path").text()
      let options = try call.options(2)
      let format = try options["format"].choice(["auto", "jsonl", "json", "csv"], default: "auto")
      try options.finish()
      do {
        let text = String(decoding: try files.read(path), as: UTF8.self)
        return .object(
          DatasetObject(
            try ContrastSet.parse(text, path: path, format: .init(rawValue: format) ?? .auto)))
      } catch let error as LuaError where error.code == .permission {
        throw error
      } catch {
        return .failure("\(error)")
      }
    }
  }
}
