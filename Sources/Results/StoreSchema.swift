import GRDB

/// The tables of a store; a file that has others is not touched.
enum StoreSchema {
  /// "CAST", in the header of every store.
  private static let application = 0x4341_5354
  private static let version = 1

  private static let tables = [
    """
    CREATE TABLE sweep (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, \
    title TEXT NOT NULL, about TEXT NOT NULL) STRICT
    """,
    """
    CREATE TABLE output (id INTEGER PRIMARY KEY, sweep INTEGER NOT NULL REFERENCES sweep (id), \
    key TEXT NOT NULL, point TEXT NOT NULL, prompt INTEGER NOT NULL, text ANY NOT NULL, \
    UNIQUE (sweep, key)) STRICT
    """,
    """
    CREATE TABLE value (output INTEGER NOT NULL REFERENCES output (id), \
    position INTEGER NOT NULL, metric TEXT NOT NULL, value REAL NOT NULL, \
    PRIMARY KEY (output, position)) STRICT, WITHOUT ROWID
    """,
  ]

  /// Whether a file has nothing in it yet; if not, checks that it is a store.
  ///
  /// A recipe may have written the file, so nothing in it is taken on trust: triggers, views and
  /// whatever else a schema can hold make it no store.
  static func isEmpty(_ database: Database, called name: String) throws -> Bool {
    let found = try String?
      .fetchAll(
        database, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
    let application = try Int.fetchOne(database, sql: "PRAGMA application_id")
    if found.isEmpty, application == 0 { return true }
    guard application == self.application else { throw notAStore(name) }
    let foundVersion = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard foundVersion <= version else {
      throw ResultsError(
        .notAStore,
        "\(name): made by a newer casthost (layout \(foundVersion), expected \(version)). Use that "
          + "one, or name another file.")
    }
    guard found == tables else { throw notAStore(name) }
    guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
      throw notAStore(name)
    }
    return false
  }

  /// Makes the tables in an empty file.
  static func make(in database: Database) throws {
    for table in tables { try database.execute(sql: table) }
    try database.execute(
      sql: "PRAGMA application_id = \(application); PRAGMA user_version = \(version)")
  }

  static func notAStore(_ name: String) -> ResultsError {
    ResultsError(
      .notAStore,
      "\(name): no store of results, or a damaged one (expected a file that cast.sweep made). Name "
        + "another file.")
  }
}
