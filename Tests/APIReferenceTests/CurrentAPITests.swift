import Foundation
import TestSupport
import Testing

@testable import APIReference

@Suite("The declarations of this build")
struct CurrentAPITests {
  private let api = API.current
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func file(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test("the binary carries Scripts/types/cast.d.lua, and it is well formed")
  func embedded() throws {
    let text = try file("Scripts/types/cast.d.lua")
    #expect(api.text == text)
    #expect(try API(parsing: text).entries.count > 100)
  }

  @Test("Docs/Lua-API.md is what `make docs` writes")
  func page() throws {
    #expect(try file("Docs/Lua-API.md") == api.markdown)
  }

  @Test("every entry has a text, every function an example, every field a text")
  func texts() {
    for entry in api.entries {
      #expect(!entry.text.isEmpty, "\(entry.name) says nothing")
      switch entry.kind {
      case .function:
        let isCalled = ["(", " {"].contains { entry.text.contains(entry.shortName + $0) }
        #expect(isCalled, "\(entry.name) has no example")
      case .type(let content):
        for field in content.fields {
          #expect(!field.text.isEmpty, "\(entry.name): \(field.key) says nothing")
        }
      default: break
      }
    }
  }

  @Test("every type that is named is declared, and every declared one is named")
  func types() {
    let known: Set = [
      "any", "nil", "boolean", "integer", "number", "string", "table", "function",
    ]
    var used: Set<String> = []
    for entry in api.entries {
      for name in entry.types.flatMap(\.names) {
        used.insert(name)
        let isDeclared = api.type(name) != nil || api.alias(name) != nil || known.contains(name)
        #expect(isDeclared, "\(entry.name) names \(name)")
      }
      if case .type(let content) = entry.kind { used.formUnion(content.parents) }
    }
    for entry in api.entries {
      switch entry.kind {
      case .type where api.methods(of: entry.name).isEmpty, .alias:
        #expect(used.contains(entry.name), "nothing takes or gives \(entry.name)")
      default: break
      }
    }
  }

  // The language server itself is no package of Debian's; these are its complaints about
  // declaration files, as far as the reader does not make them.
  @Test("what a language server would complain about: fields twice, unknown parents, odd orders")
  func wellFormed() {
    for entry in api.entries {
      switch entry.kind {
      case .type(let content):
        let keys = content.fields.map(\.key)
        #expect(Set(keys).count == keys.count, "\(entry.name): a field twice")
        for parent in content.parents {
          #expect(api.type(parent) != nil, "\(entry.name): unknown parent \(parent)")
        }
      case .function(let function):
        let names = function.parameters.map(\.name)
        #expect(Set(names).count == names.count, "\(entry.name): a parameter twice")
        let isOptional = function.parameters.filter { $0.name != "..." }
          .map { $0.isOptional || $0.type.alternatives.contains(.named("nil")) }
        #expect(
          isOptional == isOptional.sorted { !$0 && $1 },
          "\(entry.name): a parameter that must be given after one that may be left out")
      default: break
      }
    }
  }

  @Test("names are declared once")
  func once() {
    let names = api.entries.map(\.name)
    #expect(Set(names).count == names.count)
  }
}

extension API.Entry {
  /// The types that the entry mentions.
  fileprivate var types: [LuaType] {
    switch kind {
    case .module: []
    case .value(let type), .alias(let type): [type]
    case .function(let function):
      function.parameters.map(\.type) + function.results.map(\.type)
    case .type(let content):
      content.fields.map(\.type) + content.operators.map(\.result)
        + content.operators.compactMap(\.operand)
    }
  }
}
