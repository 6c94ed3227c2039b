import Testing

@testable import APIReference

@Suite("Finding entries and printing them")
struct LookupTests {
  private let api = API.current

  @Test(
    "an entry is found by its whole name, without 'cast.', in any case, and by its last part",
    arguments: [
      ("cast.vector.build", "cast.vector.build"),
      ("cast.vector.build()", "cast.vector.build"),
      ("vector.build", "cast.vector.build"),
      ("model:generate", "cast.Model:generate"),
      ("Model.generate", "cast.Model:generate"),
      ("v:save", "cast.Vector:save"),
      ("model.n_layers", "cast.Model.n_layers"),
      ("generate_batch", "cast.Model:generate_batch"),
      ("steer", "cast.Model:steer"),
      ("top_k", "cast.GenerateOptions.top_k"),
      ("TokenContext", "cast.TokenContext"),
    ])
  func found(asked: String, name: String) throws {
    #expect(try api.find(asked).first?.name == name)
  }

  @Test("a name that several entries have gives all of them, functions first")
  func several() throws {
    let hits = try api.find("layers").map(\.name)
    #expect(hits.first == "cast.Vector:layers")
    #expect(hits.contains("cast.SteerOptions.layers"))
    #expect(hits.contains("cast.Layers"))
    #expect(try api.help("layers").contains("Also called 'layers'"))
  }

  @Test(
    "a misspelt name gets suggestions",
    arguments: [
      ("cast.vectr.build", "cast.vector.build"), ("genrate", "cast.Model:generate"),
      ("model:genrate", "cast.Model:generate"), ("on_layr", "cast.on_layer"),
      ("max_token", "cast.GenerateOptions.max_tokens"),
    ])
  func misspelt(asked: String, name: String) {
    do {
      _ = try api.find(asked)
      Issue.record("found \(asked)")
    } catch {
      #expect(error.code == .unknownName)
      #expect(error.message.contains("(did you mean '\(name)'"))
    }
  }

  @Test("a name that is like nothing gets the way to the list")
  func unlike() {
    #expect(throws: APIError.self) { try api.find("xylophone") }
    #expect(throws: APIError.self) { try api.find("") }
  }

  @Test("help has the call, the text, the example, the options, and from where it may be called")
  func help() throws {
    let help = try api.help("cast.vector.build")
    #expect(
      help.hasPrefix("cast.vector.build(model, dataset [, options]) → cast.Vector\n\nBuilds a"))
    #expect(help.contains("\n    local v = cast.vector.build(model, data"))
    #expect(!help.contains("```"))
    #expect(help.contains("  options?           cast.BuildOptions"))
    #expect(help.contains("    normalize?       boolean"))
    #expect(help.contains("May be called in: the recipe itself, a callback, a metric."))
    #expect(help.contains("See also: "))
  }

  @Test("help on a module, a class and an alias lists what is in them")
  func lists() throws {
    #expect(try api.help("cast.vector").contains("cast.vector.load(path"))
    let vector = try api.help("cast.Vector")
    #expect(vector.contains("v:save(path)"))
    #expect(vector.contains("-v"))
    #expect(try api.help("cast.Site").contains("\"residual_mid\""))
    #expect(try api.help("cast.Tensor.shape").hasPrefix("cast.Tensor.shape: integer[]"))
  }

  @Test("no line of any entry's help is longer than a terminal is wide")
  func width() throws {
    for entry in api.entries {
      for line in try api.help(entry.name).split(separator: "\n") where line.count > 110 {
        Issue.record("\(entry.name): \(line)")
      }
    }
    #expect(!api.entries.isEmpty)
    #expect(api.overview.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("the overview names every function")
  func overview() {
    for entry in api.entries {
      guard case .function = entry.kind else { continue }
      #expect(api.overview.contains(entry.shortName), "\(entry.name)")
    }
  }

  @Test("the distance counts swapped neighbours once and ignores case")
  func distance() {
    #expect(NearestName.edits("sacle", "scale") == 1)
    #expect(NearestName.edits("Model", "model") == 0)
    #expect(NearestName.edits("", "abc") == 3)
    #expect(NearestName.of("maks", among: ["max", "min", "mask"]) == "mask")
    #expect(NearestName.of("abc", among: ["xyz"]) == nil)
  }
}
