import Transformer

extension Argument {
  /// A layer: a block's number, or `"embedding"`.
  func layer() throws -> LayerIndex {
    if value?.text == "embedding" { return .embedding }
    guard value?.text == nil else { throw bad("layer number or 'embedding' expected") }
    return LayerIndex(try integer(in: 0...4095))
  }

  /// Layers: one, a list, `{from = a, to = b}` with both included, `"all"`; nil if none were given.
  func layers(of model: Int) throws -> [LayerIndex]? {
    if isMissing { return nil }
    if value?.text == "all" { return (0..<model).map { LayerIndex($0) } }
    guard case .table(let table) = value else { return [try layer()] }
    if !table.fields.isEmpty {
      let range = try options()
      let first = try range["from"].integer(in: 0...4095)
      let last = try range["to"].integer(in: 0...4095)
      try range.finish()
      guard first <= last else { throw bad("from at most to expected, got \(first) and \(last)") }
      return (first...last).map { LayerIndex($0) }
    }
    let layers = try list().map { try $0.layer() }
    guard Set(layers).count == layers.count else { throw bad("each layer once expected") }
    guard !layers.isEmpty else { throw bad("at least one layer expected, got an empty list") }
    return layers
  }
}

extension LuaValue {
  /// A table with one entry a layer; the embedding's has its name as key.
  static func byLayer(_ values: some Sequence<(LayerIndex, LuaValue)>) -> LuaValue {
    var table = LuaTable()
    for (layer, value) in values {
      if layer == .embedding {
        table.fields["embedding"] = value
      } else {
        table.indexed[layer.number] = value
      }
    }
    return .table(table)
  }

  /// How a recipe names a layer.
  init(_ layer: LayerIndex) {
    self = layer == .embedding ? "embedding" : .integer(layer.number)
  }
}
