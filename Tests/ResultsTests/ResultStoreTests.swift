import Foundation
import GRDB
import Testing

@testable import Results

@Suite("Stores of results")
struct ResultStoreTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("casthost-store-\(UUID().uuidString)")

  private func path() throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.appendingPathComponent("r.sqlite").path
  }

  private func open(_ path: String, largest: Int = 1 << 30) throws(ResultsError) -> ResultStore {
    try ResultStore(path: path, called: "r.sqlite", largest: largest)
  }

  private func place(_ key: String) -> ResultStore.Place {
    ResultStore.Place(key: key, point: "scale = 1", prompt: 1)
  }

  private func removeFolder() { try? FileManager.default.removeItem(at: folder) }

  @Test("what was kept comes back bit for bit, in the order of its metrics")
  func roundTrip() throws {
    defer { removeFolder() }
    let outputs = [
      ResultStore.Output(
        values: [("b", 0.1 + 0.2), ("a", -Double.leastNonzeroMagnitude), ("c.d", 1e300), ("z", 3)],
        text: "héllo\n😀"),
      ResultStore.Output(values: [], text: ""),
      ResultStore.Output(values: [("a", -1.5)], text: "before\0after"),
    ]
    let file = try path()
    do {
      let store = try open(file)
      defer { store.close() }
      let sweep = try store.sweep("f", title: "t", about: "{}")
      for (index, output) in outputs.enumerated() {
        try store.add(output, at: place("\(index)"), to: sweep)
      }
      #expect(try store.output("none", of: sweep) == nil)
    }
    let again = try open(file)
    let sweep = try again.sweep("f", title: "t", about: "{}")
    #expect(try again.keys(of: sweep) == ["0", "1", "2"])
    for (index, output) in outputs.enumerated() {
      #expect(try again.output("\(index)", of: sweep) == output)
    }
    again.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["r.sqlite"])
  }

  @Test("an output is kept once, and sweeps are kept apart")
  func apart() throws {
    defer { removeFolder() }
    let store = try open(path())
    let one = try store.sweep("one", title: "first", about: "a")
    let two = try store.sweep("two", title: "second", about: "b")
    #expect(one != two)
    #expect(try store.sweep("one", title: "renamed", about: "a") == one)
    let output = ResultStore.Output(values: [("m", 1)], text: "x")
    try store.add(output, at: place("k"), to: one)
    #expect(try store.output("k", of: two) == nil)
    try store.add(output, at: place("k"), to: two)
    #expect(throws: ResultsError.self) { try store.add(output, at: place("k"), to: one) }
    let others = try store.others(than: one)
    #expect(others.count == 1 && others.first?.title == "second" && others.first?.outputs == 1)
  }

  @Test("a second run finds it in use; afterwards it is free")
  func inUse() throws {
    defer { removeFolder() }
    let file = try path()
    let store = try open(file)
    let error = #expect(throws: ResultsError.self) { try open(file) }
    #expect(error?.code == .inUse && error?.message.hasPrefix("r.sqlite: another run") == true)
    store.close()
    try open(file).close()
  }

  @Test(
    "what is no store, or more than one, is refused in a sentence and left as it was",
    arguments: [
      "CREATE TABLE other (a)",
      "PRAGMA application_id = 1128354644",
      "PRAGMA application_id = 1128354644; CREATE TABLE sweep (id)",
      "CREATE VIEW v AS SELECT 1",
    ])
  func strangers(sql: String) throws {
    defer { removeFolder() }
    let file = try path()
    try DatabaseQueue(path: file).write { try $0.execute(sql: sql) }
    let before = try Data(contentsOf: URL(fileURLWithPath: file))
    let error = #expect(throws: ResultsError.self) { try open(file) }
    #expect(error?.code == .notAStore, "\(error?.message ?? "")")
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
  }

  @Test("a trigger in a store, a later layout and damaged bytes are refused")
  func tampered() throws {
    defer { removeFolder() }
    let file = try path()
    for sql in [
      "CREATE TRIGGER t AFTER INSERT ON output BEGIN DELETE FROM sweep; END",
      "PRAGMA user_version = 99",
    ] {
      try? FileManager.default.removeItem(atPath: file)
      try open(file).close()
      try DatabaseQueue(path: file).write { try $0.execute(sql: sql) }
      #expect(throws: ResultsError.self) { try open(file) }
    }
    try Data("not a database, but some text that is long enough".utf8)
      .write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: ResultsError.self) { try open(file) }
    #expect(error?.code == .notAStore)
  }

  @Test("an empty file becomes a store: a run may have ended before its first table")
  func empty() throws {
    defer { removeFolder() }
    let file = try path()
    try Data().write(to: URL(fileURLWithPath: file))
    let store = try open(file)
    #expect(try store.sweep("f", title: "", about: "") == 1)
  }

  @Test("a full store says so")
  func full() throws {
    defer { removeFolder() }
    let store = try open(path(), largest: 1 << 17)
    let sweep = try store.sweep("f", title: "", about: "")
    let text = String(repeating: "x", count: 20_000)
    let error = #expect(throws: ResultsError.self) {
      for index in 0..<20 {
        try store.add(.init(values: [], text: text), at: place("\(index)"), to: sweep)
      }
    }
    #expect(error?.code == .tooLarge)
  }
}
