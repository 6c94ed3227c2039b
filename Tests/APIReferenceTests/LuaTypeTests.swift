import Testing

@testable import APIReference

@Suite("Types of annotations")
struct LuaTypeTests {
  @Test(
    "a type that is read is written the same way",
    arguments: [
      "integer", "string?", "cast.Model[]", "\"last\"|\"all\"", "(string|integer[])[]",
      "{ [cast.Layer]: cast.Tensor }", "fun(ctx: cast.LayerContext): cast.Tensor|false|nil",
      "fun(t: table, key?: any): any, any", "1|2", "number|cast.Tensor", "true?",
      "integer|integer[]", "fun()",
    ])
  func roundTrip(text: String) throws {
    var reader = LuaTypeReader(text)
    #expect(try reader.type().description == text)
    #expect(reader.rest == "")
  }

  @Test("what follows a type is its text")
  func rest() throws {
    var reader = LuaTypeReader("integer[] Token ids, from 0.")
    #expect(try reader.type() == .list(.named("integer")))
    #expect(reader.rest == "Token ids, from 0.")
  }

  @Test("a question mark, spaces and parentheses mean what they mean in LuaLS")
  func forms() throws {
    var optional = LuaTypeReader("string|number?")
    #expect(
      try optional.type().alternatives == [.named("string"), .named("number"), .named("nil")])
    var grouped = LuaTypeReader("(string | number)[]")
    #expect(try grouped.type() == .list(.union([.named("string"), .named("number")])))
  }

  @Test(
    "what is no type is told, with the place",
    arguments: ["", "|", "fun(", "{ [string] }", "\"open", "(string"])
  func malformed(text: String) {
    var reader = LuaTypeReader(text)
    #expect(throws: APIError.self) { try reader.type() }
  }

  @Test("nesting is bounded")
  func depth() {
    var reader = LuaTypeReader(String(repeating: "(", count: 10_000) + "string")
    #expect(throws: APIError.self) { try reader.type() }
  }
}
