import APIReference
import Engine
import Kernels
import TestSupport

@testable import Scripting

/// What went over the border while the exercise ran.
final class Observed {
  /// Names that were read at a place.
  struct Reading: Hashable {
    /// The function, as declared.
    var path: String
    /// The place, for messages.
    var place: String
    /// Whether it is an option, not an argument.
    var isOption: Bool
    /// The option's name, without positions.
    var name: String
    /// What was asked for.
    var names: Set<String>
  }

  let host: ScriptHost
  /// The functions that tests have.
  private(set) var globals = ModuleInventory()
  /// Functions that returned, as declared.
  private(set) var called: Set<String> = []
  /// Results that are not what is declared.
  private(set) var faults: Set<String> = []
  private(set) var options: Set<Reading> = []
  private(set) var choices: Set<Reading> = []
  private(set) var conformance = Conformance(.current)

  var machine: LuaMachine { host.machine }

  /// Runs the exercise on a tiny model.
  init() throws {
    let folder = try TemporaryFolder()
    let model = try Model(
      path: TinyModel.write(architecture: "llama", in: folder), lanes: Lanes(count: 1))
    var settings = ScriptHost.Settings(recipe: folder.file("recipe.lua"))
    settings.capabilities.outFolder = folder.file("out")
    settings.capabilities.readFolders = [folder.path]
    settings.capabilities.variables = ["WORD", "NOTHING"]
    settings.environment = ["WORD": "yes"]
    host = try ScriptHost(settings)
    host.attach(ModelAccess(open: { _ in model }, hash: { _ in "0123" }))
    conformance.hostClasses = Set(
      API.current.entries.map(\.name)
        .filter {
          !API.current.methods(of: $0).isEmpty || $0.hasSuffix("Context")
        })
    let observer = BorderObserver()
    observer.returned = { [unowned self] in check($0, $1) }
    observer.options = { [unowned self, unowned observer] names, place in
      if let reading = reading(observer.running, place, names) { options.insert(reading) }
    }
    observer.choices = { [unowned self, unowned observer] words, place in
      if let reading = reading(observer.running, place, words) { choices.insert(reading) }
    }
    host.machine.observer = observer
    let tests = host.attachTests()
    try host.run(
      Array(
        exercise.replacing("out/", with: folder.path + "/out/").utf8), name: "exercise.lua")
    globals = host.machine.inventory(of: tests.globals)
    try tests.run { outcome in
      if let error = outcome.error { faults.insert("\(outcome.name): \(error)") }
    }
  }

  /// How the declarations call a function of the host: `layer context:bias`.
  private func declared(_ path: String) -> String {
    for separator in [":", "."] where !path.hasPrefix("cast.") {
      guard let at = path.firstRange(of: separator) else { continue }
      return Conformance.declaredName(String(path[..<at.lowerBound])) + path[at.lowerBound...]
    }
    return path
  }

  private func check(_ function: HostFunction, _ value: LuaValue) {
    let name = declared(function.path)
    var fault: String?
    if case .function(let declaration)? = API.current.entry(name)?.kind {
      called.insert(name)
      fault = conformance.fault(value, declaration.results)
    } else if let dot = name.lastIndex(of: "."),
      let field = API.current.fields(of: String(name[..<dot]))
        .first(where: { $0.name == String(name[name.index(after: dot)...]) })
    {
      if case .many(let values) = value, values.isEmpty { return }  // it was set
      let type = field.isOptional ? LuaType.union([field.type, .named("nil")]) : field.type
      fault = conformance.fault(value, type)
    }
    if let fault { faults.insert("\(name): \(fault)") }
  }

  private func reading(
    _ function: HostFunction?, _ place: Argument.Place, _ names: [String]
  ) -> Reading? {
    guard let function else { return nil }
    var isOption = false
    var name = ""
    switch place {
    case .argument: break
    case .option(let option, _):
      isOption = true
      name = String(option.prefix { $0 != "[" })
    case .other: return nil
    }
    return Reading(
      path: declared(function.path), place: place.text, isOption: isOption, name: name,
      names: Set(names))
  }
}
