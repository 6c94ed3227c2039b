import Foundation
import GRDB

/// Keeps what came of a sweep's prompts in a file, so that a run that was ended in any way goes on
/// where it was.
///
/// Each output is one transaction under a key of its own: it is there whole or not at all, and
/// never twice. The file is an SQLite database; while a store is open, its journal lies beside it
/// (`-wal`), and no other run can open it.
public final class ResultStore {
  /// What came of one prompt at one point.
  public struct Output: Sendable, Equatable {
    /// The values by column, in the order in which the metrics gave them.
    public var values: [(column: String, value: Double)]
    /// What was written.
    public var text: String

    /// Collects the two.
    public init(values: [(column: String, value: Double)], text: String) {
      self.values = values
      self.text = text
    }

    /// Whether the values have the same bits, and the texts are the same.
    public static func == (one: Output, other: Output) -> Bool {
      one.text == other.text && one.values.count == other.values.count
        && zip(one.values, other.values)
          .allSatisfy { $0.column == $1.column && $0.value.bitPattern == $1.value.bitPattern }
    }
  }

  /// Which output it is.
  public struct Place: Sendable {
    /// A digest of everything that shapes it.
    public var key: String
    /// The settings, in words.
    public var point: String
    /// The prompt's number, from 1.
    public var prompt: Int

    /// Collects the three.
    public init(key: String, point: String, prompt: Int) {
      self.key = key
      self.point = point
      self.prompt = prompt
    }
  }

  /// Where the file lies.
  public let path: String
  private let name: String
  private let queue: DatabaseQueue

  private static let pageBytes = 4096

  /// Opens a store, or makes one.
  ///
  /// - Parameters:
  ///   - path: The file; its folder must be there.
  ///   - name: What messages call it.
  ///   - largest: The most bytes that it may take.
  /// - Throws: ``ResultsError``: `notAStore` for a file of another kind, `inUse` while another run
  ///   has it open, `failed` where the disk refuses.
  public init(path: String, called name: String, largest: Int) throws(ResultsError) {
    self.path = path
    self.name = name
    var configuration = Configuration()
    configuration.busyMode = .immediateError
    configuration.prepareDatabase { database in
      // One run at a time, and nothing outside of the file's folder.
      try database.execute(
        sql: """
          PRAGMA temp_store = MEMORY;
          PRAGMA locking_mode = EXCLUSIVE;
          PRAGMA trusted_schema = OFF;
          PRAGMA cell_size_check = ON;
          PRAGMA mmap_size = 0;
          PRAGMA max_page_count = \(max(16, largest / ResultStore.pageBytes));
          """)
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      let isEmpty = try queue.inDatabase { database in
        let isEmpty = try StoreSchema.isEmpty(database, called: name)
        // Only now: another program's file stays as it was.
        try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
        return isEmpty
      }
      if isEmpty { try queue.write { try StoreSchema.make(in: $0) } }
    } catch {
      throw ResultStore.failure(error, name)
    }
  }

  /// Closes the file; its journal is gone then.
  public func close() { try? queue.close() }

  // MARK: Sweeps

  /// The number of a sweep, which is made where it is not there.
  ///
  /// - Parameters:
  ///   - fingerprint: A digest of what all its outputs have in common.
  ///   - title: What people call it.
  ///   - about: What goes into the fingerprint, in words.
  /// - Returns: The number.
  /// - Throws: ``ResultsError``.
  public func sweep(
    _ fingerprint: String, title: String, about: String
  ) throws(ResultsError) -> Int64 {
    try access { database in
      let known = try Int64.fetchOne(
        database, sql: "SELECT id FROM sweep WHERE fingerprint = ?", arguments: [fingerprint])
      if let known { return known }
      try database.execute(
        sql: "INSERT INTO sweep (fingerprint, title, about) VALUES (?, ?, ?)",
        arguments: [fingerprint, title, about])
      return database.lastInsertedRowID
    }
  }

  /// What the file's other sweeps are about, and how many outputs each has.
  ///
  /// - Throws: ``ResultsError``.
  public func others(
    than sweep: Int64
  ) throws(ResultsError) -> [(title: String, about: String, outputs: Int)] {
    try access { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT title, about, (SELECT count(*) FROM output WHERE sweep = sweep.id) AS outputs
          FROM sweep WHERE id <> ? ORDER BY id
          """, arguments: [sweep]
      )
      .map { (title: $0["title"], about: $0["about"], outputs: $0["outputs"]) }
    }
  }

  // MARK: Outputs

  /// The keys of all outputs of a sweep.
  ///
  /// - Throws: ``ResultsError``.
  public func keys(of sweep: Int64) throws(ResultsError) -> Set<String> {
    try access { database in
      try String.fetchSet(
        database, sql: "SELECT key FROM output WHERE sweep = ?", arguments: [sweep])
    }
  }

  /// An output that is there already; nil if it is not.
  ///
  /// - Throws: ``ResultsError``.
  public func output(_ key: String, of sweep: Int64) throws(ResultsError) -> Output? {
    try access { database in
      guard
        let row = try Row.fetchOne(
          database, sql: "SELECT id, text FROM output WHERE sweep = ? AND key = ?",
          arguments: [sweep, key])
      else { return nil }
      let bytes: [UInt8] = Array(row["text"] as Data)
      let id: Int64 = row["id"]
      let values =
        try Row.fetchAll(
          database, sql: "SELECT metric, value FROM value WHERE output = ? ORDER BY position",
          arguments: [id]
        )
        .map { (column: $0["metric"] as String, value: $0["value"] as Double) }
      return Output(values: values, text: String(decoding: bytes, as: UTF8.self))
    }
  }

  /// Keeps an output.
  ///
  /// - Throws: ``ResultsError``: `tooLarge` where the file is full.
  public func add(_ output: Output, at place: Place, to sweep: Int64) throws(ResultsError) {
    try access { database in
      try database.execute(
        sql: "INSERT INTO output (sweep, key, point, prompt, text) VALUES (?, ?, ?, ?, ?)",
        arguments: [sweep, place.key, place.point, place.prompt, stored(output.text)])
      let id = database.lastInsertedRowID
      for (position, value) in output.values.enumerated() {
        try database.execute(
          sql: "INSERT INTO value (output, position, metric, value) VALUES (?, ?, ?, ?)",
          arguments: [id, position, value.column, value.value])
      }
    }
  }

  /// A text with a zero in it is kept as bytes: SQLite's functions would cut it there.
  private func stored(_ text: String) -> DatabaseValue {
    text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
  }

  private func access<Result>(
    _ body: (Database) throws -> Result
  ) throws(ResultsError) -> Result {
    do {
      return try queue.write(body)
    } catch {
      throw ResultStore.failure(error, name)
    }
  }

  private static func failure(_ error: any Error, _ name: String) -> ResultsError {
    if let known = error as? ResultsError { return known }
    guard let database = error as? DatabaseError else {
      return ResultsError(.failed, "\(name): \(error)")
    }
    switch database.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return ResultsError(
        .inUse, "\(name): another run has it open. Wait for that run, or name another file.")
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: return StoreSchema.notAStore(name)
    case .SQLITE_FULL:
      return ResultsError(
        .tooLarge, "\(name): no room for more results (the disk or the limit of one file is full).")
    default:
      return ResultsError(.failed, "\(name): \(database.message ?? "the file cannot be used").")
    }
  }
}
