import Engine
import Kernels
import Steering

/// What all outputs of a sweep have in common, for telling them from those of another.
struct SweepIdentity {
  /// What shapes them, by name: texts and numbers where they are short, else digests.
  let about: [String: LuaValue]
  /// The settings of the steering, for people.
  let vector: VectorObject?
  /// Why outputs cannot be told from those of a different sweep.
  let obstacle: String?

  /// Looks at everything that a sweep's outputs depend on but the settings and the prompt.
  init(_ runner: SweepRunner, _ metrics: [MetricObject], _ library: ModelLibrary) {
    var about: [String: LuaValue] = [
      "casthost": .string(library.version),
      "seed": .integer(Int(truncatingIfNeeded: library.machine.seed)),
    ]
    var obstacle: String?
    func note(_ name: String, _ make: () throws -> LuaValue) {
      do { about[name] = try make() } catch { obstacle = obstacle ?? "\(name): \(error)" }
    }
    func digest(_ value: LuaValue) throws -> LuaValue {
      .string(try ContentDigest.of(value, library.machine))
    }
    var vector: VectorObject?
    for (name, value) in runner.content {
      if case .object(let object) = value { vector = vector ?? object as? VectorObject }
      if case .object(let object) = value, let model = object as? ModelObject {
        note(name) { try model.passport() }
      } else {
        note(name) { SweepIdentity.isPlain(value) ? value : try digest(value) }
      }
    }
    note("metrics") {
      .list(
        try metrics.map { ["name": .string($0.name), "content": try digest(.object($0))] })
    }
    let models = library.opened
    note("models") { .list(try models.map { try $0.passport() }) }
    note("steering") {
      .list(
        try models.flatMap(\.handles).compactMap(\.steering).map { try digest($0.contentValue()) })
    }
    note("hooks") {
      .list(
        try ["on_layer", "on_token", "on_vector_build"].flatMap { library.hooks.hooks($0) }
          .map { try digest($0.content(for: models)) })
    }
    self.about = about
    self.vector = vector
    self.obstacle = obstacle
  }

  /// What goes into the fingerprint, as JSON.
  func description() throws -> String {
    String(decoding: try JSON.encode(.record(about)), as: UTF8.self)
  }

  /// Whether a value is short and holds only what JSON can show.
  private static func isPlain(_ value: LuaValue) -> Bool {
    guard let text = try? JSON.encode(value) else { return false }
    return text.count <= 1000
  }

  /// The names of what differs from another description, for people.
  func differences(from other: String) -> [String] {
    guard case .table(let table)? = try? JSON.decode(Array(other.utf8)) else { return [] }
    let names = Set(about.keys).union(table.fields.keys)
    return
      names.filter { name in
        let mine = about[name].flatMap { try? JSON.encode($0) }
        return mine != table.fields[name].flatMap { try? JSON.encode($0) }
      }
      .sorted()
  }
}

extension ModelObject {
  /// Name, content and arithmetic, and the context where one was asked for.
  func passport() throws -> LuaValue {
    var fields: [String: LuaValue] = [
      "name": .string(model.name), "sha256": .string(try library.hash(of: model)),
      "arithmetic": .string(model.arithmetic.rawValue),
    ]
    if let context = model.context { fields["context"] = .integer(context) }
    return .record(fields)
  }
}

extension Steering {
  /// Everything that says what it does.
  ///
  /// - Throws: ``LuaError`` for one that a function or a condition decides.
  fileprivate func contentValue() throws -> LuaValue {
    guard let content else {
      throw LuaError(
        .script, "a steering with a schedule or a condition is on (close it, or give store = false)"
      )
    }
    return .list([.string(content.text)] + content.numbers.map { .tensor(Tensor($0)) })
  }
}

extension Hook {
  /// Everything that says what it does.
  fileprivate func content(for models: [ModelObject]) throws -> LuaValue {
    let layers = self.layers.named.map { summary(of: Array($0)) } ?? "all"
    let head: [LuaValue] = [.string(event), .string(layers), .integer(priority)]
    switch action {
    case .lua(let function): return .list(head + [.function(function)])
    case .declared(let operation):
      return .list(
        try head
          + models.map { try operation.steering(for: $0, layers: self.layers).contentValue() })
    case .gone: return .list(head)
    }
  }
}

// MARK: What objects amount to

extension ModelObject: Digestible {
  func addContent(to digest: ContentDigest) throws { try digest.add(passport()) }
}

extension VectorObject: Digestible {
  func addContent(to digest: ContentDigest) throws {
    digest.add("rows", "\(vector.rows)")
    for layer in vector.layers {
      digest.add("layer", "\(layer)")
      (vector[layer] ?? []).withUnsafeBufferPointer { digest.add("direction", $0) }
      // What the units 'norm' and 'sigma' scale by, and what affine ablation keeps.
      let passport = vector.passport
      for numbers in [
        passport.residualNorms, passport.projectionDeviations, passport.negativeProjections,
      ] { digest.add("unit", "\(numbers?["\(layer)"]?.bitPattern ?? 0)") }
    }
    digest.add("position", vector.passport.position ?? "")
    digest.add("site", vector.passport.site ?? "")
  }
}

extension MapObject: Digestible {
  func addContent(to digest: ContentDigest) throws {
    for layer in map.indices {
      digest.add("layer", "\(layer)")
      switch map.layers[layer] {
      case .oblique(let left, let right, let offset):
        digest.add("offset", "\(offset.bitPattern)")
        for side in [left, right] { side.withUnsafeBufferPointer { digest.add("side", $0) } }
      case .matrix(let values): values.withUnsafeBufferPointer { digest.add("matrix", $0) }
      case nil: continue
      }
    }
  }
}

extension MetricObject: Digestible {
  func addContent(to digest: ContentDigest) throws {
    digest.add("metric", name)
    try digest.add(content)
    if case .scripted(let function) = aggregate { try digest.add(.function(function)) }
  }
}

extension DatasetObject: Digestible {
  func addContent(to digest: ContentDigest) throws {
    for pair in set.pairs {
      try digest.add(.list([LuaValue(pair.positive), LuaValue(pair.negative)]))
      for (name, text) in pair.fields.sorted(by: { $0.key < $1.key }) {
        digest.add("field", name)
        digest.add("text", text)
      }
    }
  }
}

extension TokenizerObject: Digestible {
  func addContent(to digest: ContentDigest) throws { digest.add("tokenizer", source) }
}

// What is on counts by itself, whoever refers to it.
extension HookHandle: Digestible {
  func addContent(to digest: ContentDigest) throws {}
}

extension SteeringHandle: Digestible {
  func addContent(to digest: ContentDigest) throws {}
}

extension JSONNull: Digestible {
  func addContent(to digest: ContentDigest) throws {}
}
