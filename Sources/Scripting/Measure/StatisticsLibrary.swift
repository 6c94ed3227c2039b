import Engine
import Kernels
import Statistics

/// `cast.stats`.
enum StatisticsLibrary {
  static func declare(in stats: HostModule) {
    declareTests(in: stats)
    declareBootstrap(in: stats)
    stats.function("auroc") { call in
      .number(
        Ranks.auroc(
          try call.argument(1, "positive").numbers(), try call.argument(2, "negative").numbers()))
    }
    stats.function("cohens_d") { call in
      .number(
        Moments.cohensD(try call.argument(1, "a").numbers(), try call.argument(2, "b").numbers()))
    }
    for (name, body) in [("pearson", Regression.pearson), ("spearman", Regression.spearman)] {
      stats.function(name) { call in
        let (x, y) = try points(call)
        return .number(body(x, y))
      }
    }
    stats.function("line") { call in
      let (x, y) = try points(call)
      guard let line = Regression.line(x, y) else {
        throw try call.argument(1, "x").bad("at least two different numbers expected")
      }
      return [
        "slope": .number(line.slope), "intercept": .number(line.intercept),
        "r": .number(line.correlation), "error": .number(line.slopeError),
        "mse": .number(line.meanSquare),
      ]
    }
    stats.function("steerability") { call in
      let scales = try call.argument(1, "scales").numbers()
      let rows = try call.argument(2, "values").rows()
      guard rows.allSatisfy({ $0.count == scales.count }),
        let found = Steerability(scales: scales, values: rows)
      else {
        throw try call.argument(2, "values")
          .bad(
            "rows of \(scales.count) numbers expected, one for each of at least two different "
              + "scales")
      }
      return [
        "slope": .number(found.mean), "std": .number(found.deviation),
        "anti_steerable": .number(found.antiSteerable), "mse": .number(found.meanSquare),
        "spearman": .number(found.rankCorrelation),
        "slopes": .list(found.slopes.map { .number($0) }),
      ]
    }
    stats.function("binomial_tail") { call in
      let trials = try call.argument(2, "trials").integer(in: 0...1_000_000)
      return .number(
        Binomial.atLeast(
          try call.argument(1, "successes").integer(in: 0...1_000_000), of: trials,
          chance: try call.argument(3, "chance").number(in: 0...1)))
    }
  }

  private static func points(_ call: Call) throws -> ([Double], [Double]) {
    let (x, y) = (
      try call.argument(1, "x").numbers(), try call.argument(2, "y").numbers()
    )
    guard x.count == y.count, x.count > 1 else {
      throw try call.argument(2, "y")
        .bad("as many numbers as x has expected, at least 2: got \(x.count) and \(y.count)")
    }
    return (x, y)
  }

  private static func declareTests(in stats: HostModule) {
    stats.function("permutation") { call in
      var differences = try call.argument(1, "a").numbers()
      var position = 2
      let second = try call.argument(2, "b")
      if second.isNumbers {
        let other = try second.numbers()
        guard other.count == differences.count else {
          throw second.bad("\(differences.count) numbers expected, got \(other.count)")
        }
        differences = zip(differences, other).map { $0 - $1 }
        position = 3
      }
      let options = try call.options(position)
      let alternative = try options["alternative"].alternative(default: .twoSided)
      let count = try options["resamples"].integer(default: 9_999, in: 1...1_000_000)
      var random = try options["seed"].source(call.machine)
      try options.finish()
      let found = Permutation.signFlips(differences, alternative, count: count, using: &random)
      return [
        "p": .number(found.p), "statistic": .number(found.statistic),
        "exact": .boolean(found.isExact),
      ]
    }
    stats.function("rank_p") { call in
      let observed = try call.argument(1, "observed").number()
      let controls = try call.argument(2, "controls").numbers()
      let options = try call.options(3)
      let alternative = try options["alternative"].alternative(default: .greater)
      try options.finish()
      return .number(Permutation.rank(observed, among: controls, alternative).p)
    }
    stats.function("holm") { call in
      let values = try call.argument(1, "p").numbers()
      guard values.allSatisfy({ (0...1).contains($0) }) else {
        throw try call.argument(1, "p").bad("numbers from 0 to 1 expected")
      }
      return .list(MultipleTests.holm(values).map { .number($0) })
    }
  }

  private static func declareBootstrap(in stats: HostModule) {
    stats.function("bootstrap", in: .outsideHooks) { call in
      let values = try call.argument(1, "values").numbers()
      let options = try call.options(2)
      let level = try options["level"].number(default: 0.95, in: 0.01...0.9999)
      let count = try options["resamples"].integer(default: 2_000, in: 1...1_000_000)
      let name = try options["method"]
        .choice(
          Bootstrap.Method.allCases.map(\.rawValue), default: "bca")
      let chosen = options["statistic"]
      var random = try options["seed"].source(call.machine)
      let statistic: ([Double]) throws -> Double
      if case .function(let function)? = chosen.value {
        statistic = { sample in
          let result =
            try call.machine
            .call(
              function, [.list(sample.map { .number($0) })], in: .run, results: 1)[0]
          return try Argument(result, called: "what the statistic returned", call).number()
        }
      } else {
        statistic =
          try chosen.choice(["mean", "median"], default: "mean") == "median"
          ? Moments.median : Moments.mean
      }
      try options.finish()
      let found = try Bootstrap.interval(
        of: values, level: level, count: count, method: Bootstrap.Method(rawValue: name) ?? .bca,
        using: &random, statistic)
      return [
        "estimate": .number(try statistic(values)), "lower": .number(found.lower),
        "upper": .number(found.upper),
      ]
    }
  }
}

extension Argument {
  fileprivate var isNumbers: Bool {
    switch value {
    case .tensor: true
    case .table(let table): !table.list.isEmpty
    default: false
    }
  }

  /// A list of finite numbers, or a tensor's elements; at least one.
  func numbers() throws -> [Double] {
    let numbers: [Double]
    if case .tensor = value {
      numbers = try vector().values.map { Double($0) }
    } else {
      guard case .table = value else { throw mismatch("list of numbers, or tensor of shape [n]") }
      numbers = try list().map { try $0.number() }
    }
    guard !numbers.isEmpty, numbers.allSatisfy(\.isFinite) else {
      throw bad("at least one number expected, all of them finite")
    }
    return numbers
  }

  /// Rows of numbers: a list of lists, or a tensor `[n, m]`.
  fileprivate func rows() throws -> [[Double]] {
    guard case .tensor = value else { return try list().map { try $0.numbers() } }
    let tensor = try tensor()
    return (0..<tensor.rows)
      .map { row in (0..<tensor.columns).map { Double(tensor.row(row)[$0]) } }
  }

  /// What speaks for an effect.
  func alternative(default other: Alternative) throws -> Alternative {
    let name = try choice(Alternative.allCases.map(\.rawValue), default: other.rawValue)
    return Alternative(rawValue: name) ?? other
  }

  /// A stream of random numbers: of a seed, or of the run's next ones.
  fileprivate func source(_ machine: LuaMachine) throws -> RandomSource {
    isMissing
      ? RandomSource(seed: machine.randomBits())
      : RandomSource(seed: UInt64(bitPattern: Int64(try integer())))
  }
}
