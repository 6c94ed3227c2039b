import Engine
import FoundationEssentials
import Kernels
import Steering
import Transformer

/// A control vector in a recipe.
final class VectorObject: HostObject {
  static let luaName = "vector"
  let vector: ControlVector
  let library: ModelLibrary

  init(_ vector: ControlVector, _ library: ModelLibrary) {
    self.vector = vector
    self.library = library
  }

  static func declare(in type: ClassDeclaration<VectorObject>) {
    type.index { object, key in
      let layer = try key.layer()
      guard let direction = object.vector[layer] else {
        throw key.bad(
          "the vector has no layer \(layer); it has \(summary(of: object.vector.layers))")
      }
      return object.tensor(of: direction)
    }
    type.property("embedding") { object in
      object.vector[.embedding].map { object.tensor(of: $0) } ?? .nil
    }
    type.property("info") { try $0.info() }
    type.method("layers", in: .anywhere) { object, _ in
      .list(object.vector.layers.map { LuaValue($0) })
    }
    type.method("norms", in: .anywhere) { object, _ in
      .byLayer(object.vector.norms.map { ($0.key, .number($0.value)) })
    }
    type.method("cosine", in: .anywhere) { object, call in
      let other = try call.argument(1, "other").object(VectorObject.self)
      return .byLayer(
        try object.vector.cosines(other.vector).map { ($0.key, .number($0.value)) })
    }
    type.method("normalize", in: .anywhere) { object, _ in
      object.with(object.vector.normalized)
    }
    type.method("project_out", in: .anywhere) { object, call in
      let other = try call.argument(1, "other").object(VectorObject.self)
      return object.with(try object.vector.projectedOut(other.vector))
    }
    type.method("slerp", in: .anywhere) { object, call in
      let other = try call.argument(1, "other").object(VectorObject.self)
      let share = try call.argument(2, "t").number(in: 0...1)
      return object.with(try object.vector.slerp(other.vector, share))
    }
    type.method("at", in: .anywhere) { object, call in
      let layers = try call.argument(1, "layers").layers(of: 0) ?? []
      return object.with(try object.vector.at(layers))
    }
    declareSeparation(in: type)
    type.method("save") { object, call in try object.save(call) }
    type.operation(.add) { call in try sum(call) { try $0 + $1 } }
    type.operation(.sub) { call in try sum(call) { try $0 - $1 } }
    type.operation(.mul) { call in
      let isFirst = (try? call.argument(1, "vector").object(VectorObject.self)) != nil
      let object = try call.argument(isFirst ? 1 : 2, "vector").object(VectorObject.self)
      let factor = try call.argument(isFirst ? 2 : 1, "factor").number()
      return object.with(try object.vector.scaled(by: Float(factor)))
    }
    type.operation(.div) { call in
      let object = try call.argument(1, "vector").object(VectorObject.self)
      let factor = try call.argument(2, "factor").number()
      return object.with(try object.vector.scaled(by: Float(1 / factor)))
    }
    type.operation(.unm) { call in
      let object = try call.argument(1, "vector").object(VectorObject.self)
      return object.with(try object.vector.scaled(by: -1))
    }
    type.text { $0.text }
  }

  private static func sum(
    _ call: Call, _ combine: (ControlVector, ControlVector) throws -> ControlVector
  ) throws -> LuaValue {
    let left = try call.argument(1, "left").object(VectorObject.self)
    let right = try call.argument(2, "right").object(VectorObject.self)
    return left.with(try combine(left.vector, right.vector))
  }

  /// `[d_model]`, or `[tokens, d_model]` of a vector that acts token by token.
  private func tensor(of direction: [Float]) -> LuaValue {
    guard vector.rows > 1 else { return .tensor(Tensor(direction)) }
    let tensor = Tensor(rows: vector.rows, columns: vector.width)
    tensor.base.update(from: direction, count: direction.count)
    return .tensor(tensor)
  }

  private func with(_ other: ControlVector) -> LuaValue {
    .object(VectorObject(other, library))
  }

  private func save(_ call: Call) throws -> LuaValue {
    let path = try call.argument(1, "path").text()
    guard ControlVectorFile.endings.contains(where: { path.lowercased().hasSuffix($0) }) else {
      throw try call.argument(1, "path")
        .bad("a file name that ends in .gguf, .safetensors or .svec expected")
    }
    var complete = vector
    complete.passport.version = library.version
    if complete.passport.modelHash == nil {
      complete.passport.modelHash = try library.hash(ofModelNamed: vector.passport.model)
    }
    let (bytes, note) = try ControlVectorFile.encode(complete, for: path)
    do {
      try library.files.write(bytes, to: path)
    } catch {
      if error.code == .permission { throw error }
      return .failure("\(error)")
    }
    if let note { library.warn("\(path): \(note)") }
    return true
  }

  /// The passport, as a table.
  private func info() throws -> LuaValue {
    let json = try JSONEncoder().encode(vector.passport)
    return try JSON.decode(Array(json))
  }

  /// The layers, lengths and separations: one line, or one for each layer.
  private var text: String {
    let passport = vector.passport
    let made = [
      passport.method, passport.pairs.map { "from \($0) pairs" },
      passport.position.map { "at position \($0)" },
    ]
    let lines = vector.layers.map { layer in
      var line = "layer \(layer): ‖v‖ \(rounded(vector.norms[layer] ?? 0))"
      if let residual = passport.residualNorms?["\(layer)"] {
        line += ", stream \(rounded(residual))"
      }
      if let separation = passport.separation?["\(layer)"] {
        line += ", separation AUROC \(rounded(separation.auroc)), d \(rounded(separation.cohensD))"
      }
      return line
    }
    let head = "vector " + made.compactMap { $0 }.joined(separator: " ")
    return lines.count == 1
      ? "\(head); \(lines[0])" : ([head] + lines.map { "  " + $0 }).joined(separator: "\n")
  }
}

/// Three significant digits.
func rounded(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  var scale = 1.0
  while abs(value) * scale < 100 { scale *= 10 }
  let digits = (value * scale).rounded() / scale
  return digits == digits.rounded() && abs(digits) < 1e15 ? "\(Int(digits))" : "\(digits)"
}
