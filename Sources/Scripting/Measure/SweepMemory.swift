import Results

/// The outputs of a sweep that are in a file, and the way to put further ones there.
final class SweepMemory {
  private let store: ResultStore
  private let sweep: Int64
  private let library: ModelLibrary
  private let hooksDisabledBefore: Int
  /// Keys of the outputs that were there at the start.
  private let known: Set<String>

  /// Where a sweep's outputs are to be kept.
  ///
  /// - Returns: What `store = path` says; without it, for a sweep with a name, a file of that name
  ///   in the folder of `--out`; nil where there is none.
  static func path(
    _ store: Argument, name: String?, _ library: ModelLibrary
  ) throws -> String? {
    switch store.value {
    case .boolean(false)?: return nil
    case nil, .nil:
      guard let name, library.files.hasOutFolder else { return nil }
      return try library.files.outPath(name + ".sqlite")
    default: return try store.text()
    }
  }

  /// Opens the file, or makes it.
  ///
  /// - Throws: ``LuaError`` where the run may not write it, it is no store, another run uses it, or
  ///   the sweep's outputs cannot be told from those of a different one.
  init(
    _ path: String, title: String?, _ identity: SweepIdentity, _ library: ModelLibrary
  ) throws {
    if let obstacle = identity.obstacle {
      throw LuaError(.script, "sweep: its results cannot be kept in \(path): \(obstacle)")
    }
    self.library = library
    hooksDisabledBefore = library.hooks.disabled.count
    let place = try library.files.placeToKeep(path)
    let about = try identity.description()
    do {
      store = try ResultStore(path: place.path, called: path, largest: place.largest)
      sweep = try store.sweep(
        ContentDigest.of(about.utf8), title: title ?? "sweep", about: about)
      known = try store.keys(of: sweep)
      for other in try store.others(than: sweep) where known.isEmpty && other.outputs > 0 {
        let what = identity.differences(from: other.about).joined(separator: ", ")
        library.note(
          "sweep: \(path) holds \(other.outputs) outputs of another sweep, which are kept apart and "
            + "not used (it differs in \(what))")
      }
    } catch {
      throw LuaError(.script, "sweep: \(error)")
    }
  }

  /// How many of some outputs are there already.
  func count(of keys: some Sequence<String>) -> Int { keys.count { known.contains($0) } }

  /// Whether an output is there already.
  func has(_ key: String) -> Bool { known.contains(key) }

  /// An output that is there already.
  func output(_ key: String) throws -> ResultStore.Output? {
    guard known.contains(key) else { return nil }
    return try told { try store.output(key, of: sweep) }
  }

  /// Keeps an output, unless a failing hook was switched off meanwhile: the next run has it again.
  func add(
    _ output: ResultStore.Output, _ key: String, _ point: SweepGrid.Point, _ row: Int
  ) throws {
    guard library.hooks.disabled.count == hooksDisabledBefore, !known.contains(key) else { return }
    let place = ResultStore.Place(key: key, point: SweepGrid.text(point), prompt: row + 1)
    try told { try store.add(output, at: place, to: sweep) }
  }

  func close() { store.close() }

  private func told<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw LuaError(.script, "sweep: \(error)") }
  }
}

/// The keys of a sweep's outputs, and the random streams that belong to them.
struct SweepKeys {
  private let points: [String]
  private let prompts: [String]
  private let run: String
  private let others: String

  /// Takes the digests of what shapes each output besides what all have in common.
  init(
    _ grid: SweepGrid, _ items: [Sweep.Item], seesAllPrompts: Bool, _ machine: LuaMachine
  ) throws {
    points = try grid.points.map { point in
      let settings = Dictionary(point.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
      return try ContentDigest.of(.record(settings), machine)
    }
    prompts = try items.map { try ContentDigest.of(.list([$0.prompt, $0.fields]), machine) }
    others = seesAllPrompts ? ContentDigest.of(prompts.joined().utf8) : ""
    run = "\(machine.seed)"
  }

  /// The key of a prompt's output at a point, or where nothing is tried.
  ///
  /// The number counts: rows draw from streams of their own.
  func key(_ point: Int?, _ row: Int) -> String {
    let place = point.map { points[$0] } ?? "baseline"
    return ContentDigest.of("\(place) \(row) \(prompts[row]) \(others)".utf8)
  }

  /// Where the random stream begins for an output, or for what its metrics draw: the same whatever
  /// was computed before.
  func seed(_ point: Int?, _ row: Int, isMetric: Bool = false) -> UInt64 {
    let text = "\(run) \(key(point, row)) \(isMetric)"
    return UInt64(ContentDigest.of(text.utf8).prefix(16), radix: 16) ?? 0
  }
}
