import Foundation
import Testing

@testable import Scripting

@Suite("Checking arguments, contexts and capabilities")
struct CheckedValuesTests {
  private func report(_ source: String) throws -> RecipeReport {
    try ScriptThread.run {
      try RecipeCheck()
        .report(
          on: "local model = cast.model() local v = cast.vector.load('v.gguf')\n" + source,
          name: "r.lua", folder: "/home/me/recipe")
    }
  }

  // MARK: Arguments

  @Test(
    "options and arguments that cannot be right are told",
    arguments: [
      (
        "model:generate('x', { max_token = 5 })",
        "bad argument #2 'options' to 'generate': unknown option 'max_token' "
          + "(did you mean 'max_tokens'?)"
      ),
      (
        "model:generate('x', { temperature = 'hot' })",
        "bad option 'temperature' to 'generate' (number expected, got 'hot')"
      ),
      (
        "model:generate('x', { max_tokens = 1.5 })",
        "bad option 'max_tokens' to 'generate' (integer expected, got 1.5)"
      ),
      (
        "model:generate('x', { steer = { v, scal = 3 } })",
        "bad option 'steer' to 'generate': unknown option 'scal' (did you mean 'scale'?)"
      ),
      (
        "model:generate('x', { steer = { { v, op = 'ad' } } })",
        "bad option 'op' to 'generate' (one of 'add', 'add_keep_norm', 'ablate', 'ablate_add', "
          + "'ablate_affine', 'clamp', 'rotate', 'gate', 'cosine_gate', 'slerp', 'scale' expected, "
          + "got 'ad' (did you mean 'add'?))"
      ),
      (
        "model:steer(v, { layers = { from = 1, t = 3 } })",
        "bad option 'layers' to 'steer': unknown option 't' (did you mean 'to'?)"
      ),
      (
        "model:generate_batch { { 'x', max_tokns = 1 } }",
        "bad argument #1 'rows' to 'generate_batch', entry 1: unknown option 'max_tokns' "
          + "(did you mean 'max_tokens'?)"
      ),
      (
        "model:generate { { rol = 'user' } }",
        "bad argument #1 'prompt' to 'generate', entry 1: unknown option 'rol' "
          + "(did you mean 'role'?)"
      ),
      (
        "cast.vector.build(v, model)",
        "bad argument #1 'model' to 'build' (cast.Model expected, got cast.Vector)"
      ),
      (
        "cast.vector.build(model, cast.dataset.load('x'), { method = 'mean_dif' })",
        "bad option 'method' to 'build' (one of 'mean_diff', 'mean_diff_unpaired', 'act_add', "
          + "'pca_center', 'pca_diff', 'pca_uncentered', 'lat', 'logistic', 'lda', 'mean_center', "
          + "'cross_covariance', 'cross_covariance_debias', 'iti', 'random', 'random_orthogonal' "
          + "expected, got 'mean_dif' (did you mean 'mean_diff'?))"
      ),
      ("cast.read()", "bad argument #1 'path' to 'read' (string expected, got no value)"),
      ("cast.read(5)", "bad argument #1 'path' to 'read' (string expected, got 5)"),
      (
        "model:tokenize(true)",
        "bad argument #1 'text' to 'tokenize' (string expected, got true)"
      ),
      (
        "model:tokenize { 'x' }",
        "bad argument #1 'text' to 'tokenize' (string expected, got a table)"
      ),
      (
        "cast.vector.from(model, { embeding = v[1] })",
        "bad argument #2 'directions' to 'from': unknown key 'embeding' "
          + "(integer or \"embedding\" expected)"
      ),
    ])
  func told(source: String, message: String) throws {
    let report = try report(source)
    #expect(report.problems.filter { $0.severity == .error }.map(\.message).contains(message))
    #expect(report.problems.first?.line == 2)
  }

  @Test(
    "what the host takes is fine, in every form",
    arguments: [
      "model:generate('x', { max_tokens = 5, stop = { 'a' }, stop = 'b', stream = true })",
      "model:generate('x', { stream = function(piece) return piece:upper() end, seed = 2.0 })",
      "model:generate('x', { steer = v }) model:forward('x', { steer = { v, scale = 1 } })",
      "model:forward('x', { steer = { { v, scale = function(s) return s end }, { v } } })",
      "model:forward({ { role = 'user', content = 'x' } }, { rows = 'all' })",
      "model:forward { 1, 2, 3 } model:forward(model:tokenize('x'))",
      "model:generate('x', { max_tokens = nil, steer = nil })",
      "model:steer(v, { layers = 'all', positions = { 1, 2 }, min = -math.huge })",
      "model:steer(v, { layers = { 'embedding', 3 }, positions = { from = -1 } })",
      "model:score({ 'x' }, { 'a', { 1, 2 } }, unknown_options)",
      "cast.dataset.pairs { { 'a', 'b' }, { positive = 'a', negative = 'b', topic = 'c' } }",
      "cast.vector.build(model, cast.dataset.load('x'), { method = function(p, n) return p:sub(n) end })",
      "cast.vector.from(model, { [10] = v[10], embedding = v[1] })",
      "cast.tensor.zeros(2, 3) cast.tensor.zeros { 2, 3 } cast.tensor.from { { 1 }, { 2 } }",
      "cast.log.warn('a') cast.log.warn('%d', 1) cast.log.info(v)",
      "local t = v[10] t:axpy_(0.5, t) t:axpy_(t, 0.5) t:add(2):sum(1)",
      "model:generate(...) cast.vector.build(...)",
      "model:tokenize('x', { special = false }) cast.json.encode({ 1 }, { indent = 2 })",
      "cast.on_layer({ from = 1, to = 3 }, function(ctx) return ctx.hidden * 2 end, { priority = 1 })",
    ])
  func fine(source: String) throws {
    let told = try report(source.replacing("unknown_options", with: "select(1, ...)")).problems
    #expect(told.map(\.description) == [])
  }

  // MARK: Contexts

  @Test("a call that a hook may not make is told, with where it may be made")
  func contexts() throws {
    let told = try report(
      """
      cast.on_layer(3, function(ctx)
        model:generate("x")
        ctx.state.later = function() model:generate("x") end
        for _ = 1, 2 do cast.write("x", "y") end
      end)
      """
    )
    .problems
    #expect(told.map(\.kind) == [.context, .context])
    #expect(told.map(\.line) == [3, 5])
    #expect(
      told[0].message == "cast.Model:generate cannot be called in an on_layer hook (allowed in: "
        + "the recipe itself, a callback, a metric)")
  }

  @Test("a hook that is a local function is known by how it is used")
  func namedHooks() throws {
    let told = try report(
      "local function hook(ctx)\n  cast.read('x')\n  ctx:stop(1)\nend\ncast.on_token(hook)"
    )
    .problems
    #expect(told.map(\.line) == [3, 4])
    #expect(told.map(\.kind) == [.context, .argument])
  }

  // MARK: Capabilities

  private func needs(_ source: String) throws -> [String] {
    try report(source).needs.map { $0.flag + ($0.isConditional ? " perhaps" : "") }
  }

  @Test(
    "what the run must allow is told",
    arguments: [
      ("cast.read('data/x.txt')", []),
      ("cast.read('./a/../x.txt') cast.lines('/home/me/recipe/y')", []),
      ("cast.read('../other/x.txt')", ["--allow-read=/home/me/other"]),
      ("cast.dataset.load('/data/x.jsonl')", ["--allow-read=/data"]),
      ("cast.read(arg1())", ["--allow-read=DIR perhaps"]),
      ("cast.out('a/b')", ["--out=DIR"]),
      ("cast.write(cast.out('x'), 'y') cast.read(cast.out('x'))", ["--out=DIR"]),
      ("assert(v:save(assert(cast.out('x.gguf'))))", ["--out=DIR"]),
      ("local p = cast.out('x') cast.write(p, 'y')", ["--out=DIR"]),
      ("cast.write('results/x', 'y')", ["--allow-write=results"]),
      ("v:save('x.gguf')", ["--allow-write=."]),
      ("v:save(v.info.model)", ["--allow-write=DIR perhaps"]),
      ("cast.model('qwen')", ["--allow-model=qwen"]),
      ("cast.model(v.info.model)", ["--allow-model=GLOB perhaps"]),
      ("cast.model(nil)", []),
      ("print(os.time(), os.date('%H'))", ["--allow-clock perhaps"]),
      ("print(os.time { year = 2020, month = 1, day = 1 }, os.date('%H', 5))", []),
    ])
  func capabilities(source: String, flags: [String]) throws {
    #expect(try needs(source.replacing("arg1()", with: "cast.args[1]")) == flags)
  }

  @Test("a file in a folder that no flag opens is an error")
  func closed() throws {
    let told = try report("cast.read('/etc/passwd')\ncast.read('../../../proc/self/mem')").problems
    #expect(told.map(\.kind) == [.permission, .permission])
    #expect(told[0].message == "/etc/passwd: no flag opens /etc to a recipe")
  }

  // MARK: Strangers' files

  @Test("control characters of the recipe do not come out in the report")
  func escapes() throws {
    let report = try report(
      #"""
      model:generate("x", { ["\27[2J"] = 1, steer = "\27]52;c;x\7" })
      cast.model("\27[2J\n")
      """#)
    #expect(report.problems.count == 2)
    let texts = report.problems.map(\.message) + report.needs.flatMap { [$0.flag, $0.reason] }
    #expect(texts.allSatisfy { text in text.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
  }

  @Test("a million faults take a moment and give a short report")
  func manyFaults() throws {
    var source = "local " + (0..<40).map { "variable\($0)" }.joined(separator: ", ") + "\n"
    for index in 0..<10_000 {
      source += "x = varible\(index) + string.fn\(index) + model.n\(index)\n"
    }
    let clock = ContinuousClock()
    let time = try clock.measure {
      let report = try self.report("do local a end\n" + source)
      #expect(report.problems.count { $0.severity == .error } == Findings.most)
      #expect(!report.isFine)
    }
    #expect(time < .seconds(30))
  }

  @Test("any number of warnings leaves room for an error")
  func manyWarnings() throws {
    let source = (0..<500).map { "global\($0) = 1" }.joined(separator: "\n") + "\nprint(missing)"
    let report = try self.report(source)
    #expect(!report.isFine)
    #expect(report.problems.count == Findings.most + 2)
  }

  @Test(
    "deep and long texts neither end the process nor the check",
    arguments: [
      String(repeating: "(", count: 150) + "1" + String(repeating: ")", count: 150),
      "{" + String(repeating: "{", count: 150) + String(repeating: "}", count: 150) + "}",
      Array(repeating: "1", count: 5_000).joined(separator: " + "),
      "({})" + String(repeating: ".a", count: 5_000),
      "print" + String(repeating: "()", count: 5_000),
      "{" + String(repeating: "1,", count: 10_000) + "}",
      String(repeating: "-", count: 1) + String(repeating: "not ", count: 150) + "1",
      String(repeating: "function() return ", count: 90) + "1"
        + String(repeating: " end", count: 90),
    ])
  func extremes(expression: String) throws {
    let told = try report("local x = \(expression) print(x)").problems
    #expect(told.map(\.description) == [])
  }

  @Test("the check understands every script of the hostile suite")
  func hostile() throws {
    for script in HostileScript.all {
      let report = try ScriptThread.run {
        try RecipeCheck().report(on: HostileScript.folder.path + "/" + script.name)
      }
      #expect(!report.problems.contains { $0.kind == .unchecked }, "\(script.name)")
      #expect(!report.problems.contains { $0.kind == .file }, "\(script.name)")
    }
    #expect(HostileScript.all.count > 40)
  }
}
