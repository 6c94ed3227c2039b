/// What the host offers to recipes, as `Scripts/types/cast.d.lua` declares it.
public struct API: Sendable, Hashable {
  /// The file, word for word.
  public let text: String
  /// The entries in the order of the file, by section.
  public let sections: [Section]

  /// A part of the file under a heading.
  public struct Section: Sendable, Hashable {
    /// The heading; empty for what stands before the first one.
    public var title: String
    /// What the section has to say before its entries, paragraphs of Markdown.
    public var introduction: String
    /// What it declares.
    public var entries: [Entry]
  }

  /// One declared name.
  public struct Entry: Sendable, Hashable {
    /// The whole name: `cast.vector.build`, `cast.Model`, `cast.Model:generate`.
    public let name: String
    /// What it is.
    public let kind: Kind
    /// What it does, Markdown; without the line that says from where it may be called.
    public let text: String
    /// Why it should not be used any more; nil if it may be.
    public let deprecation: String?
    /// Its line in the file, from 1.
    public let line: Int

    /// The last part of the name: `build`, `Model`, `generate`.
    public var shortName: String {
      String(name.split(whereSeparator: { $0 == "." || $0 == ":" }).last ?? "")
    }

    /// The first sentence of the text.
    public var summary: String { API.firstSentence(of: text) }
  }

  /// What an entry is.
  public enum Kind: Sendable, Hashable {
    /// A table of other entries, as `cast.vector`.
    case module
    /// A constant, as `cast.seed`.
    case value(LuaType)
    /// A function or a method.
    case function(Function)
    /// A class of host objects, or of tables with fixed names.
    case type(Class)
    /// A name for another type.
    case alias(LuaType)
  }

  /// How a function is called.
  public struct Function: Sendable, Hashable {
    /// The arguments, `self` left out.
    public var parameters: [Parameter] = []
    /// The results.
    public var results: [Result] = []
    /// From where it may be called.
    public var places: Set<Place> = Set(Place.allCases)
  }

  /// An argument.
  public struct Parameter: Sendable, Hashable {
    /// What it is called; `...` for any number of them.
    public let name: String
    /// Its type.
    public let type: LuaType
    /// Whether it may be left out.
    public let isOptional: Bool
    /// What it is; may be empty.
    public let text: String
  }

  /// A result.
  public struct Result: Sendable, Hashable {
    /// Its type.
    public let type: LuaType
    /// What it is called; may be empty.
    public let name: String
    /// What it is; may be empty.
    public let text: String
  }

  /// The names of a class.
  public struct Class: Sendable, Hashable {
    /// Classes whose fields it has too.
    public var parents: [String] = []
    /// Its fields, in order.
    public var fields: [Field] = []
    /// The operators: `add` with the type of the other operand, and what comes out.
    public var operators: [Operator] = []
  }

  /// An operator of a class.
  public struct Operator: Sendable, Hashable {
    /// Lua's name of it: `add`, `unm`, `len`, `call`.
    public let name: String
    /// The type of the other operand; nil if there is none.
    public let operand: LuaType?
    /// What comes out.
    public let result: LuaType
  }

  /// A field of a class.
  public struct Field: Sendable, Hashable {
    /// What it is found by.
    public let key: Key
    /// Its type.
    public let type: LuaType
    /// Whether it may be missing.
    public let isOptional: Bool
    /// What it is, Markdown.
    public let text: String

    /// Whether a recipe may assign to it, which its text says.
    public var isSettable: Bool { text.contains("can be set") }

    /// The name, or nil for a position or an index.
    public var name: String? {
      if case .name(let name) = key { return name }
      return nil
    }
  }

  /// What a field is found by.
  public enum Key: Sendable, Hashable {
    /// `x.name`.
    case name(String)
    /// `x[1]`, one place of a list.
    case position(Int)
    /// `x[i]` for every key of a type.
    case index(LuaType)
  }

  /// Where Lua code is running.
  public enum Place: String, Sendable, Hashable, CaseIterable {
    /// The recipe's own lines, and the modules that it requires.
    case load
    /// A function that the host calls back in the course of an ordinary call.
    case run
    /// An `on_layer` hook.
    case layer
    /// An `on_token` hook.
    case token
    /// An `on_vector_build` hook.
    case build
    /// A metric.
    case metric
  }

  /// The declarations that this program was built with.
  public static let current: API = {
    let text = String(decoding: PackageResources.cast_d_lua, as: UTF8.self)
    // That the file is well formed is tested; a program with a broken one has no entries.
    return (try? API(parsing: text)) ?? API(text: text, sections: [])
  }()

  init(text: String, sections: [Section]) {
    self.text = text
    self.sections = sections
  }

  /// All entries in order.
  public var entries: [Entry] { sections.flatMap(\.entries) }

  static func firstSentence(of text: String) -> String {
    let paragraph = text.split(separator: "\n\n", maxSplits: 1).first.map(String.init) ?? text
    let line = paragraph.split(separator: "\n").joined(separator: " ")
    guard let end = line.firstRange(of: ". ") else { return line }
    return String(line[..<end.lowerBound]) + "."
  }
}
