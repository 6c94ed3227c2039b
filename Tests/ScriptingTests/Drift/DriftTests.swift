import APIReference
import TestSupport
import Testing

@testable import Scripting

/// The running host and `Scripts/types/cast.d.lua` say the same, in both directions.
@Suite("The declarations and the running host")
struct DriftTests {
  private let api = API.current

  private func places(_ contexts: ScriptContext) -> Set<API.Place> {
    let all: [(ScriptContext, API.Place)] = [
      (.load, .load), (.run, .run), (.layer, .layer), (.token, .token), (.build, .build),
      (.metric, .metric),
    ]
    return Set(all.filter { contexts.contains($0.0) }.map(\.1))
  }

  private func function(_ name: String) -> API.Function? {
    guard case .function(let function)? = api.entry(name)?.kind else { return nil }
    return function
  }

  @Test("the declarations are Lua that compiles and runs, as a language server reads it")
  func compiles() throws {
    let run = ScriptRun("local _ENV = {}\n" + api.text, name: "cast.d.lua")
    #expect(run.error == nil)
  }

  // MARK: Names

  @Test("every function, value and module of `cast` is declared, and the other way round")
  func modules() throws {
    let host = try RecipeBench().host
    var running = host.machine.inventory(of: host.cast)
    let tests = host.machine.inventory(of: host.attachTests().globals)
    #expect(Set(tests.functions.keys) == TestLibrary.names)
    running.functions.merge(tests.functions) { first, _ in first }
    var functions: Set<String> = []
    var values: Set<String> = []
    var modules: Set<String> = []
    for entry in api.entries where !entry.name.contains(":") {
      switch entry.kind {
      case .function: functions.insert(entry.name)
      case .value: values.insert(entry.name)
      case .module: modules.insert(entry.name)
      case .type, .alias: continue
      }
    }
    #expect(differences(functions, Set(running.functions.keys)) == [])
    #expect(differences(values, Set(running.values.keys)) == [])
    #expect(differences(modules, running.modules) == [])
    for (name, contexts) in running.functions {
      #expect(function(name)?.places == places(contexts), "where \(name) may be called")
    }
    var conformance = Conformance(api)
    for (name, value) in running.values {
      guard case .value(let type)? = api.entry(name)?.kind else { continue }
      #expect(conformance.fault(value, type) == nil, "\(name)")
    }
  }

  @Test("every method, field and operator of every object is declared, and the other way round")
  func classes() throws {
    let observed = try Observed()
    let running =
      Array(observed.machine.classInventories.values) + [observed.machine.tensorInventory()]
    let names = running.map { Conformance.declaredName($0.name) }
    let withMethods = api.entries.filter { !api.methods(of: $0.name).isEmpty }.map(\.name)
    #expect(Set(withMethods).subtracting(names) == [], "declared with methods, never seen")
    for inventory in running { compare(inventory) }
  }

  private func compare(_ inventory: ClassInventory) {
    let name = Conformance.declaredName(inventory.name)
    guard let declared = api.type(name) else {
      Issue.record("\(inventory.name): \(name) is not declared")
      return
    }
    let methods = api.methods(of: name)
    #expect(
      differences(Set(methods.map(\.shortName)), Set(inventory.methods.keys)) == [], "\(name)")
    for method in methods {
      guard let contexts = inventory.methods[method.shortName] else { continue }
      #expect(function(method.name)?.places == places(contexts), "\(method.name)")
    }
    let fields = declared.fields.filter { $0.name != nil }
    #expect(
      differences(Set(fields.compactMap(\.name)), Set(inventory.fields.keys)) == [], "\(name)")
    for field in fields {
      #expect(inventory.fields[field.name ?? ""] == field.isSettable, "\(name).\(field.key)")
    }
    #expect(
      differences(Set(declared.operators.map(\.name)), inventory.operations) == [], "\(name)")
    let isIndexed = declared.fields.contains { field in
      if case .index = field.key { return true }
      return false
    }
    #expect(isIndexed == inventory.isIndexed, "\(name)[…]")
  }

  /// What is in one set only, and in which.
  private func differences(_ declared: Set<String>, _ running: Set<String>) -> [String] {
    (declared.subtracting(running).map { "\($0) does not run" }
      + running.subtracting(declared).map { "\($0) is not declared" })
      .sorted()
  }

  // MARK: Values

  @Test("every host function returns what is declared, and each is exercised")
  func results() throws {
    let observed = try Observed()
    #expect(observed.faults == [])
    var declared: Set<String> = []
    for entry in api.entries {
      if case .function = entry.kind { declared.insert(entry.name) }
    }
    let running =
      Array(observed.machine.inventory(of: observed.host.cast).functions.keys)
      + observed.globals.functions.keys
    // What C does, as tensors and the log, does not pass the border.
    let native = declared.filter {
      $0.hasPrefix("cast.Tensor:") || $0.hasPrefix("cast.tensor.") || $0.hasPrefix("cast.log.")
        || $0 == "cast.random" || $0 == "cast.spairs"
    }
    #expect(declared.subtracting(native).subtracting(observed.called) == [], "not exercised")
    #expect(Set(running).subtracting(declared) == [])
  }

  @Test("every table that a function returns has the declared names, each of them at least once")
  func records() throws {
    let observed = try Observed()
    #expect(!observed.conformance.fieldsSeen.isEmpty)
    for (name, seen) in observed.conformance.fieldsSeen where name != "cast.Message" {
      let declared = Set(api.fields(of: name).compactMap(\.name))
      #expect(differences(declared, seen) == [], "\(name)")
    }
  }

  // MARK: Options

  @Test("every table of options has the names that are read, and each is exercised")
  func options() throws {
    let observed = try Observed()
    var matched: Set<String> = ["cast.Pair", "cast.SweepItem"]  // any further name is kept
    for read in observed.options where read.path != "cast.options" || read.isOption {
      let candidates = tables(in: function(read.path))
      let fitting = candidates.filter { name in
        Set(api.fields(of: name).compactMap(\.name)) == read.names
      }
      #expect(!fitting.isEmpty, "\(read.path), \(read.place): reads \(read.names.sorted())")
      matched.formUnion(fitting)
    }
    var declared: Set<String> = []
    for entry in api.entries {
      guard case .function(let function) = entry.kind else { continue }
      declared.formUnion(tables(in: function))
    }
    // What a function takes and gives back is no table of options: hosts objects, contexts.
    let objects = observed.machine.classInventories.values
      .map { Conformance.declaredName($0.name) }
    let others = Set(observed.conformance.hostClasses).union(observed.conformance.fieldsSeen.keys)
      .union(objects)
    #expect(declared.subtracting(matched).subtracting(others) == [], "never read")
  }

  @Test("every choice between words has the declared words")
  func choices() throws {
    let observed = try Observed()
    #expect(!observed.choices.isEmpty)
    var seen: Set<Set<String>> = []
    for read in observed.choices {
      let types =
        read.isOption
        ? tables(in: function(read.path)).flatMap { api.fields(of: $0) }
          .filter { $0.name == read.name }.map(\.type)
        : function(read.path)?.parameters.map(\.type) ?? []
      let fits = types.contains { words($0) == read.names }
      #expect(fits, "\(read.path), \(read.place): one of \(read.names.sorted())")
      seen.insert(read.names)
    }
    for name in Set(api.entries.flatMap { tables(in: function($0.name)) }) {
      for field in api.fields(of: name) {
        let words = words(field.type).subtracting(["all", "embedding"])
        let isSeen = words.isEmpty || seen.contains { $0.isSuperset(of: words) }
        #expect(isSeen, "\(name).\(field.key): nothing reads \(words.sorted())")
      }
    }
  }

  /// The words that a type allows.
  private func words(_ type: LuaType) -> Set<String> {
    var words: Set<String> = []
    for alternative in api.alternatives(of: type) {
      if case .text(let text) = alternative { words.insert(text) }
    }
    return words
  }

  /// The classes of tables that the parameters of a function contain, those inside them too.
  private func tables(in function: API.Function?) -> Set<String> {
    var found: Set<String> = []
    var waiting = function?.parameters.flatMap { api.names(in: $0.type) } ?? []
    while let name = waiting.popLast() {
      guard api.type(name) != nil, api.methods(of: name).isEmpty, !name.hasSuffix("Context"),
        found.insert(name).inserted
      else { continue }
      waiting += api.fields(of: name).flatMap { api.names(in: $0.type) }
    }
    return found
  }
}

extension API {
  /// The names in a type, aliases replaced by what they stand for.
  fileprivate func names(in type: LuaType) -> [String] {
    alternatives(of: type)
      .flatMap { type -> [String] in
        switch type {
        case .named(let name): [name]
        case .list(let element): names(in: element)
        case .map(_, let value): names(in: value)
        case .function(_, let returns): returns.flatMap { names(in: $0) }
        default: []
        }
      }
  }
}
