import Testing

@testable import APIReference

@Suite("Reading declarations")
struct DeclarationReaderTests {
  private static let sample = """
    ---@meta cast
    -- What it is.

    -- # Things
    --
    -- How things work.

    ---Options of a thing.
    ---@class cast.ThingOptions
    ---How many (default 1).
    ---@field count? integer
    ---Its sides.
    ---@field [1] string

    ---A thing. It thinks.
    ---@class cast.Thing: cast.Base
    ---@operator add(cast.Thing): cast.Thing
    ---@field size integer Its size.
    local Thing = {}

    ---Thinks.
    ---
    ---Context: load, token.
    ---
    ---`thing:think(2)`
    ---@deprecated use act
    ---@param depth? integer How deep.
    ---@param ... any The rest.
    ---@return string? thought What it thought.
    ---@return number # Seconds.
    function Thing:think(depth, ...) end

    ---Things.
    cast.things = {}

    ---How many.
    ---@type integer
    cast.things.count = 1

    ---@alias cast.Side "left"|"right"
    """

  private func sample() throws -> API { try API(parsing: Self.sample) }

  @Test("sections have their heading, introduction and entries in order")
  func sections() throws {
    let api = try sample()
    #expect(api.sections.map(\.title) == ["", "Things"])
    #expect(api.sections[1].introduction == "\nHow things work.\n")
    #expect(
      api.entries.map(\.name) == [
        "cast.ThingOptions", "cast.Thing", "cast.Thing:think", "cast.things", "cast.things.count",
        "cast.Side",
      ])
  }

  @Test("text above a field is the field's, text above the class is the class's")
  func classes() throws {
    let api = try sample()
    #expect(api.entry("cast.ThingOptions")?.text == "Options of a thing.")
    let fields = api.fields(of: "cast.ThingOptions")
    #expect(fields.map(\.key) == [.name("count"), .position(1)])
    #expect(fields.map(\.text) == ["How many (default 1).", "Its sides."])
    #expect(fields.map(\.isOptional) == [true, false])
    let thing = try #require(api.type("cast.Thing"))
    #expect(thing.parents == ["cast.Base"])
    #expect(thing.fields.map(\.text) == ["Its size."])
    #expect(thing.operators.map(\.name) == ["add"])
    #expect(api.entry("cast.Thing")?.summary == "A thing.")
  }

  @Test("a function has parameters, results, places and the reason why it is old")
  func functions() throws {
    let entry = try #require(try sample().entry("cast.Thing:think"))
    guard case .function(let function) = entry.kind else {
      Issue.record("no function")
      return
    }
    #expect(entry.text == "Thinks.\n\n`thing:think(2)`")
    #expect(entry.deprecation == "use act")
    #expect(entry.usage == "thing:think([depth [, …]])")
    #expect(function.parameters.map(\.text) == ["How deep.", "The rest."])
    #expect(function.results.map(\.name) == ["thought", ""])
    #expect(function.results.map(\.text) == ["What it thought.", "Seconds."])
    #expect(function.places == [.load, .token])
  }

  @Test("values and aliases keep their types")
  func values() throws {
    let api = try sample()
    #expect(api.entry("cast.things.count")?.kind == .value(.named("integer")))
    #expect(api.alias("cast.Side") == .union([.text("left"), .text("right")]))
    #expect(api.members(of: "cast.things").map(\.name) == ["cast.things.count"])
  }

  @Test(
    "a line that does not fit is told with its number",
    arguments: [
      ("---@meta cast\n---@nonsense x\n", "line 2: unknown tag @nonsense"),
      ("---@meta cast\n---Text.\n\n", "line 3: annotations without a declaration"),
      ("---@meta cast\nfunction cast.f(x) end\n", "line 2: parameters of cast.f"),
      ("---@meta cast\nfunction Nobody:f() end\n", "line 2: method of an unknown class"),
      ("---Text\n---Context: moon.\nfunction cast.f() end\n", "line 3: unknown context 'moon'"),
      ("---@meta cast\nprint()\n", "line 2: no declaration"),
      ("---@meta cast\n---@field x |\n", "line 2: annotation"),
    ])
  func malformed(text: String, message: String) {
    do {
      _ = try API(parsing: text)
      Issue.record("read: \(text)")
    } catch {
      #expect(error.code == .malformed)
      #expect(error.message.hasPrefix(message))
    }
  }
}
