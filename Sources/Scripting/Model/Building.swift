import Engine
import Kernels
import Steering
import Transformer

extension ModelLibrary {
  /// Declares `cast.vector`.
  func declareVectors(in cast: HostModule) {
    let vector = cast.module("vector")
    vector.function("build", in: .outsideHooks, isModelTime: true) { [self] call in
      let object = try call.argument(1, "model").object(ModelObject.self)
      let set = try call.argument(2, "dataset").object(DatasetObject.self).set
      let options = try buildOptions(try call.options(3), object, call.machine)
      let built = try object.session.buildVector(set, options) { done, total in
        access.progress("building a vector", done, total)
        try checkStop()
      }
      return .object(VectorObject(built, self))
    }
    declareMaking(in: vector)
    declareCombining(in: vector)
    vector.function("load", in: .outsideHooks) { [self] call in
      let path = try call.argument(1, "path").text()
      let reading = try vectorReading(try call.options(2))
      do {
        let opened = try files.openForReading(path)
        let vector = try ControlVectorFile.read(opened.path, called: path, reading)
        if vector.passport.version == nil {
          for remark in vector.passport.remarks ?? [] { warn("\(path): \(remark)") }
        }
        return .object(VectorObject(vector, self))
      } catch let error as LuaError where error.code == .permission {
        throw error
      } catch {
        return .failure("\(error)")
      }
    }
    vector.function("from") { [self] call in
      let object = try call.argument(1, "model").object(ModelObject.self)
      let table = try call.argument(2, "directions").table()
      var directions: [LayerIndex: [Float]] = [:]
      let blocks = object.model.sizes.layers
      for (layer, value) in table.byIndex {
        guard (0..<blocks).contains(layer) else {
          throw try call.argument(2, "directions")
            .bad(
              "layer 0 to \(blocks - 1) or 'embedding' expected, got \(layer)")
        }
        directions[LayerIndex(layer)] =
          try Argument(value, called: "the direction of layer \(layer)", call.machine)
          .vector(count: object.model.sizes.width).values
      }
      for (name, value) in table.fields {
        guard name == "embedding" else {
          throw try call.argument(2, "directions")
            .bad(
              "layer numbers or 'embedding' expected as keys, got '\(name)'")
        }
        directions[.embedding] =
          try Argument(value, called: "the direction of the embedding", call.machine)
          .vector(count: object.model.sizes.width).values
      }
      var passport = Passport()
      passport.method = "from"
      passport.model = object.model.name
      passport.architecture = object.model.sizes.architecture.name
      return .object(VectorObject(try ControlVector(directions, passport: passport), self))
    }
  }

  /// How `cast.vector.load` is to read a file of another tool.
  private func vectorReading(_ options: OptionTable) throws -> VectorReading {
    let convention = options["convention"]
    let place = options["at"]
    let layer = options["layer"]
    let reading = VectorReading(
      convention: convention.isMissing
        ? nil
        : VectorConvention.named(try convention.choice(VectorConvention.all.map(\.name))),
      place: place.isMissing
        ? nil
        : VectorConvention.Place(
          rawValue: try place.choice(VectorConvention.Place.allCases.map(\.rawValue))),
      layer: layer.isMissing ? nil : try layer.integer(in: 0...65_535))
    try options.finish()
    return reading
  }

  /// How `cast.vector.build` and the like are to build a vector.
  func buildOptions(
    _ options: OptionTable, _ object: ModelObject, _ machine: LuaMachine
  ) throws -> BuildOptions {
    var build = BuildOptions()
    let method = options["method"]
    if case .function(let function)? = method.value {
      build.custom = { input in
        let result =
          try
          machine.call(
            function, [.tensor(input.positive), .tensor(input.negative), LuaValue(input.layer)],
            in: .build, results: 1)[0]
        return try Argument(result, called: "the direction that the method returned", machine)
          .vector(count: input.width).values
      }
    } else {
      build.method = try method.choice(BuildMethod.all.map(\.name), default: "mean_diff")
    }
    build.layers = try options["layers"].layers(of: object.model.sizes.layers)
    let position = options["position"]
    build.rule = try position.tokenRule(machine, allowsAll: true)
    if build.custom == nil, build.method == "act_add", !position.isMissing {
      throw position.bad("method 'act_add' reads every token and takes no position")
    }
    let reference = options["reference"]
    if !reference.isMissing { build.reference = try reference.prompts() }
    let isOfHeads = build.custom == nil && build.method == "iti"
    build.part = try options["site"].site(default: isOfHeads ? .heads : .residual)
    build.shufflesLabels = try options["shuffle_labels"].boolean(default: false)
    let heads = options["heads"]
    guard isOfHeads || heads.isMissing else { throw heads.bad("only method 'iti' takes it") }
    build.heads = try heads.integer(default: build.heads, in: 1...1 << 20)
    build.normalize = try options["normalize"].boolean(default: false)
    let seed = options["seed"]
    build.seed = seed.isMissing ? machine.seed : UInt64(bitPattern: Int64(try seed.integer()))
    try options.finish()
    build.memo = object.memo
    build.hook = hooks.buildHook(machine)
    build.interventions =
      try [stopCheck] + object.handles.compactMap(\.steering)
      + hooks.interventions(for: object)
    return build
  }
}
