import Transformer

extension Steering {
  /// Everything that says what the steering does, for telling it from others; nil where a schedule
  /// or a condition decides, which only the one who made it knows.
  public var content: (text: String, numbers: [[Float]])? {
    guard case .constant(let scale) = options.scale, options.condition == nil else { return nil }
    var text =
      "\(options.op) \(scale.bitPattern) \(options.gain.bitPattern) \(options.unit.rawValue) "
      + "\(options.positions) \(options.exceptBOS)"
    var numbers: [[Float]] = []
    let sites = acts.keys.sorted {
      ($0.layer, $0.part.rawValue) < ($1.layer, $1.part.rawValue)
    }
    for site in sites {
      text += " \(site.layer) \(site.part.rawValue):"
      switch acts[site] {
      case .direction(let direction):
        text += "\(direction.unit.bitPattern) \(direction.reference.bitPattern)"
        numbers += [direction.elements, direction.across ?? []]
      case .tokens(let directions):
        text += "tokens"
        numbers += directions.map(\.elements)
      case .map(.oblique(let left, let right, let offset)):
        text += "oblique \(offset.bitPattern)"
        numbers += [left, right]
      case .map(.matrix(let matrix)):
        text += "matrix"
        numbers.append(matrix)
      case nil: continue
      }
    }
    return (text, numbers.filter { !$0.isEmpty })
  }
}
