extension Steering {
  /// Everything that says what the steering does, for telling it from others; nil where a schedule
  /// or a condition decides, which only the one who made it knows.
  public var content: (text: String, numbers: [[Float]])? {
    guard case .constant(let scale) = options.scale, options.condition == nil else { return nil }
    var text =
      "\(options.op) \(scale.bitPattern) \(options.unit.rawValue) \(options.positions) "
      + "\(options.exceptBOS)"
    var numbers: [[Float]] = []
    for (layer, rows) in directions.sorted(by: { $0.key < $1.key }) {
      text += " \(layer):\(rows.map { "\($0.unit.bitPattern)" }.joined(separator: ","))"
      numbers += rows.flatMap { [$0.values, $0.across ?? []] }
    }
    return (text, numbers.filter { !$0.isEmpty })
  }
}
