/// Values of metrics that take many outputs together, computed for the next points of a sweep in one
/// go.
///
/// What is computed together changes no value, only how long it takes.
struct SweepAhead {
  private struct Key: Hashable {
    let metric: Int
    let point: Int
  }

  // By metric and point, then by prompt.
  private var values: [Key: [Int: LuaValue]] = [:]
  // Points that have been looked at.
  private var known: Set<Int> = []

  /// Outputs that are taken together: what a kill would have to compute again.
  private static let most = 16_384

  /// What a metric said of an output; nil where it was not asked ahead.
  func value(of metric: Int, at point: Int, _ row: Int) -> LuaValue? {
    values[Key(metric: metric, point: point)]?[row]
  }

  /// Asks metrics about a point and those that follow with the same prompts, unless that was done.
  ///
  /// A metric that fails is left to be asked about one output after the other: it will say of which.
  ///
  /// - Parameters:
  ///   - point: The next point.
  ///   - rows: The prompts whose outputs there are wanted.
  ///   - following: The points after it, with theirs.
  ///   - metrics: All metrics.
  ///   - sample: Makes what metrics get, of a point and a prompt.
  ///   - progress: Called with what is computed, how many outputs are done, and of how many.
  /// - Throws: What `progress` throws.
  mutating func look(
    from point: Int, _ rows: [Int], following: some Sequence<(Int, [Int])>,
    _ metrics: [MetricObject], sample: (Int, Int) -> Sample,
    progress: @escaping (String, Int, Int) throws -> Void
  ) throws {
    guard !known.contains(point), !rows.isEmpty, metrics.contains(where: \.takesMany) else {
      return
    }
    var points = [point]
    for (next, missing) in following where !missing.isEmpty {
      guard missing == rows, (points.count + 1) * rows.count <= SweepAhead.most else { break }
      points.append(next)
    }
    values = [:]
    known = Set(points)
    let samples = points.map { point in rows.map { sample(point, $0) } }
    for (index, metric) in metrics.enumerated() where metric.takesMany {
      var stop: (any Error)?
      func tell(_ done: Int) throws {
        do {
          try progress(metric.name, done, points.count * rows.count)
        } catch {
          stop = error
          throw error
        }
      }
      do {
        guard let found = try metric.together(samples, progress: tell) else { continue }
        for (point, found) in zip(points, found) {
          values[Key(metric: index, point: point)] = Dictionary(
            uniqueKeysWithValues: zip(rows, found))
        }
      } catch {
        if let stop { throw stop }
      }
    }
  }
}
