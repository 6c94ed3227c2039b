import Engine
import Kernels
import Steering
import Transformer

/// An affine map of the residual stream in a recipe: an eraser, or a conceptor.
final class MapObject: HostObject {
  static let luaName = "map"
  let map: AffineMap

  init(_ map: AffineMap) { self.map = map }

  static func declare(in type: ClassDeclaration<MapObject>) {
    type.property("method") { .string($0.map.method) }
    type.method("layers", in: .anywhere) { object, _ in
      .list(object.map.indices.map { LuaValue($0) })
    }
    type.method("matrix", in: .anywhere) { object, call in
      let argument = try call.argument(1, "layer")
      let layer = try argument.layer()
      guard let values = object.map.matrix(layer) else {
        throw argument.bad(
          "the map has no layer \(layer); it has \(summary(of: object.map.indices))")
      }
      let matrix = Tensor(rows: object.map.width, columns: object.map.width)
      matrix.base.update(from: values, count: values.count)
      return .tensor(matrix)
    }
    type.method("aperture", in: .anywhere) { object, call in
      let factor = try call.argument(1, "factor").number()
      return .object(MapObject(try object.map.withAperture(times: factor)))
    }
    type.operation(.band) { call in
      .object(MapObject(try left(call).and(right(call))))
    }
    type.operation(.bor) { call in
      .object(MapObject(try left(call).or(right(call))))
    }
    type.operation(.bnot) { call in .object(MapObject(try left(call).negated())) }
    type.text { "map \($0.map.method) at layers \(summary(of: $0.map.indices))" }
  }

  private static func left(_ call: Call) throws -> AffineMap {
    try call.argument(1, "left").object(MapObject.self).map
  }

  private static func right(_ call: Call) throws -> AffineMap {
    try call.argument(2, "right").object(MapObject.self).map
  }
}

extension ModelLibrary {
  /// Declares `cast.map`.
  func declareMaps(in cast: HostModule) {
    let map = cast.module("map")
    map.function("leace", in: .outsideHooks, isModelTime: true) { [self] call in
      let object = try call.argument(1, "model").object(ModelObject.self)
      let set = try call.argument(2, "dataset").object(DatasetObject.self).set
      let options = try call.options(3)
      let build = try mapOptions(options, object, call.machine)
      try options.finish()
      return .object(
        MapObject(
          try object.session.concept(erasing: set, build) { done, total in
            access.progress("fitting an eraser", done, total)
            try checkStop()
          }))
    }
    map.function("conceptor", in: .outsideHooks, isModelTime: true) { [self] call in
      let object = try call.argument(1, "model").object(ModelObject.self)
      let prompts = try call.argument(2, "prompts").prompts()
      let options = try call.options(3)
      let aperture = try options["aperture"].number()
      let build = try mapOptions(options, object, call.machine)
      try options.finish()
      return .object(
        MapObject(
          try object.session.conceptor(of: prompts, aperture: aperture, build) { done, total in
            access.progress("fitting a conceptor", done, total)
            try checkStop()
          }))
    }
  }

  private func mapOptions(
    _ options: OptionTable, _ object: ModelObject, _ machine: LuaMachine
  ) throws -> BuildOptions {
    var build = BuildOptions()
    build.layers = try options["layers"].layers(of: object.model.sizes.layers)
    build.rule = try options["position"].tokenRule(machine, allowsAll: true)
    build.part = try options["site"].site()
    build.interventions = try interventions(for: object)
    return build
  }

  /// What acts whenever the model runs: steering and hooks that are on.
  func interventions(for object: ModelObject) throws -> [any Intervention] {
    try [stopCheck] + object.handles.compactMap(\.steering) + hooks.interventions(for: object)
  }
}
