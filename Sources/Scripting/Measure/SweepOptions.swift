extension ModelLibrary {
  /// Declares `cast.sweep`.
  func declareSweep(in cast: HostModule) {
    cast.function("sweep", in: .outsideHooks, isModelTime: true) { [self] call in
      .object(try Sweep(call, self).run())
    }
  }

  /// The metrics of a list: objects, and names of registered or built-in ones; under a name, a
  /// function will do.
  ///
  /// A collapse that looks at a built-in metric without arguments brings it along.
  func chosenMetrics(
    _ argument: Argument, with collapse: SweepCollapse?
  ) throws -> [MetricObject] {
    let options = try argument.options()
    var chosen = try options.list.map { entry in
      guard entry.value?.text != nil else { return try entry.object(MetricObject.self) }
      let known = metrics.keys.sorted() + BuiltInMetric.all.map(\.name)
      let name = try entry.name(among: known)
      if let metric = metrics[name] { return metric }
      let builtIn = BuiltInMetric.all.first { $0.name == name }
      return try builtIn?.object([], self) ?? entry.object(MetricObject.self)
    }
    for name in options.names {
      let entry = options[name]
      if case .object? = entry.value {
        let metric = try entry.object(MetricObject.self)
        chosen.append(metric.named(name))
        continue
      }
      let function = try entry.function()
      chosen.append(scripted(name, .mean, function))
    }
    for bound in collapse?.bounds ?? [] where !chosen.contains(where: { $0.has(bound.column) }) {
      guard let builtIn = BuiltInMetric.all.first(where: { $0.name == bound.column }) else {
        throw argument.bad("no metric '\(bound.column)', at which collapse looks")
      }
      chosen.append(try builtIn.object([], self))
    }
    let names = chosen.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw argument.bad("two metrics are called '\(twice)': give one of them another name")
    }
    guard chosen.count <= 100 else { throw argument.bad("at most 100 metrics expected") }
    guard !chosen.isEmpty else { throw argument.bad("at least one metric expected") }
    return chosen
  }
}

extension MetricObject {
  /// Whether a column is the metric's.
  func has(_ column: String) -> Bool { column == name || column.hasPrefix(name + ".") }
}

extension Argument {
  /// A sweep's name, which may also name a file.
  func sweepName() throws -> String? {
    if isMissing { return nil }
    let name = try text()
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0) || " -_.".unicodeScalars.contains($0)
    }
    guard isPlain, (1...80).contains(name.count), name.first != "." else {
      throw bad("letters, digits, spaces, '-', '_' and '.' expected, at most 80")
    }
    return name
  }
}
