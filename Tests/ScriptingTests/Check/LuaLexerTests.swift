import Testing

@testable import Scripting

@Suite("Tokens of Lua")
struct LuaLexerTests {
  private func tokens(_ text: String) -> [LuaToken] {
    var lexer = LuaLexer(Array(text.utf8))
    var tokens: [LuaToken] = []
    while true {
      let token = lexer.next()
      if token.kind == .end { return tokens }
      tokens.append(token)
    }
  }

  private func kinds(_ text: String) -> [LuaToken.Kind] { tokens(text).map(\.kind) }

  private func text(_ source: String) -> String? {
    guard case .text(let bytes)? = kinds(source).first else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("names, keywords and signs are told apart, the longest sign first")
  func signs() {
    #expect(
      kinds("local x_1=a..b...") == [
        .sign("local"), .name("x_1"), .sign("="), .name("a"), .sign(".."), .name("b"),
        .sign("..."),
      ])
    #expect(
      kinds("a//b ~= c::d<<e") == [
        .name("a"), .sign("//"), .name("b"), .sign("~="), .name("c"), .sign("::"), .name("d"),
        .sign("<<"), .name("e"),
      ])
  }

  @Test(
    "numbers have the value that Lua gives them",
    arguments: [
      ("3", LuaToken.Kind.integer(3)), ("0xff", .integer(255)), ("3.5", .number(3.5)),
      (".5", .number(0.5)), ("1e3", .number(1000)), ("1e-2", .number(0.01)),
      ("0x1p4", .number(16)), ("0xA.8", .number(10.5)),
      ("0xffffffffffffffff", .integer(-1)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)),
    ])
  func numbers(source: String, kind: LuaToken.Kind) {
    #expect(kinds(source) == [kind])
  }

  @Test(
    "strings have their escapes replaced",
    arguments: [
      (#""a\n\t\\\"b""#, "a\n\t\\\"b"), (#"'\65\066\x43\u{1F600}'"#, "ABC😀"),
      ("'a\\z \n  b'", "ab"), ("'a\\\nb'", "a\nb"), ("[[a\n]]", "a\n"), ("[[\nx]]", "x"),
      ("[==[a]]b]=]c]==]", "a]]b]=]c"), ("''", ""),
    ])
  func strings(source: String, expected: String) {
    #expect(text(source) == expected)
  }

  @Test("comments of both kinds are no tokens, and lines are counted through everything")
  func lines() {
    let source = "a -- b\n--[[ c\nd ]] e\n--[==[\n]==]\n'x\\\ny' [[\n\n]] f"
    let names = tokens(source)
      .compactMap { token -> String? in
        guard case .name(let name) = token.kind else { return nil }
        return "\(name)\(token.line)"
      }
    #expect(names == ["a1", "e3", "f9"])
  }

  @Test("a text that ends too early ends")
  func truncated() {
    for source in ["'a", "[[a", "--[[a", "'\\", "'\\x", "'\\u{", "0x", "a.", "[=", "'\\1"] {
      #expect(tokens(source).count <= 2)
    }
  }
}
