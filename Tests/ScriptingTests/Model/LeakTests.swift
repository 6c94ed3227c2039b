import Engine
import Kernels
import TestSupport
import Testing

@testable import Scripting

@Suite("Nothing leaks")
struct LeakTests {
  /// What is alive after a collection: host objects, and registry entries that Swift holds.
  private func alive(_ machine: LuaMachine) -> [Int] {
    // A finalizer of one round may free what the next one finds.
    for _ in 0..<3 { machine.collectGarbage() }
    return [machine.liveObjects, machine.liveReferences, machine.tensorMemoryUsed]
  }

  /// Defines `cycle`, runs it some thousand times, and returns what was alive before and after.
  private func runCycles(_ cycle: String, count: Int = 10_000) throws -> ([Int], [Int]) {
    let bench = try RecipeBench()
    _ = try bench.run(
      """
      data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
      v = cast.vector.build(model, data, {layers = {0, 1}})
      the_model, kept = model, {}
      function cycle(i) \(cycle) end
      cycle(0)
      """)
    let machine = bench.host.machine
    let before = alive(machine)
    _ = try bench.run("for i = 1, \(count) do cycle(i) end")
    return (before, alive(machine))
  }

  @Test(
    "ten thousand cycles leave as many objects, references and tensor bytes as one",
    arguments: [
      "local h <close> = cast.on_layer(1, function() end)",
      "local h; h = cast.on_layer(1, function() h:remove() end) h:remove()",
      "local h <close> = cast.on_layer(i % 2, cast.ops.add(v, i))",
      "local h = cast.on_layer('all', cast.ops.rotate(v[1], {to = 3})) h:remove()",
      "local h; h = cast.on_token(function() return h.enabled end) h:remove()",
      "local h <close> = cast.on_vector_build(function() end)",
      "local h <close> = the_model:steer(v, {scale = 4})",
      "local h; h = the_model:steer(v, {scale = function() return h.active and 1 or 0 end}) h:remove()",
      "local h <close> = the_model:steer(v, {when = {v, 1, above = 0}})",
      "local w = (v * 2 + v - v):normalize() local n = w:norms() local c = w:cosine(v)",
      "local t = cast.tensor.zeros(1000) local u = cast.tensor.stack{t, t:add(t)}:row(1)",
      "cast.metric('m', function(s) return i end)",
      "local m = cast.metrics.contains({'a', 'b'}) m({text = 'b'})",
      "local f = cast.metrics.log_odds(function() return 'a' end, 'b')",
      "local ds = data:map(function(r) return r end):filter(function() return true end):shuffle(1)",
      "local s = cast.json.encode(cast.json.decode('[1, {\"a\": null}]'))",
      "pcall(function() the_model:steer(v, {scale = {}}) end) pcall(cast.on_layer, 1, 2)",
    ])
  func cycles(cycle: String) throws {
    let (before, after) = try runCycles(cycle)
    #expect(before == after, "\(cycle)")
  }

  @Test("the count sees what a recipe keeps")
  func control() throws {
    let (before, after) = try runCycles(
      "kept[i] = cast.on_layer(1, function() return i end)", count: 100)
    #expect(after[0] == before[0] + 100 && after[1] == before[1] + 100)
  }

  @Test(
    "cycles that run the model leave nothing either",
    arguments: [
      "local h <close> = cast.on_layer(1, function(ctx) ctx.state.n = ctx.hidden:clone() end) "
        + "the_model:forward({1, 2})",
      "local h <close> = cast.on_layer(1, cast.ops.add(v, 1)) the_model:forward({1, 2})",
      "the_model:generate({1, 2}, {max_tokens = 2, steer = {v, scale = function() return 1 end}})",
      "local h <close> = cast.on_token(function(ctx) ctx.state.l = ctx:top(2) end) "
        + "the_model:generate({1}, {max_tokens = 2})",
      "cast.vector.build(the_model, data, {layers = 1, method = function(p, n) return p[1] end})",
      "cast.sweep{grid = {k = {1, 2}}, prompts = {'a'}, run = function(p) return p end, "
        + "metrics = {m = function(s) return 1 end}}",
      "pcall(function() local h <close> = cast.on_layer(1, function() error('x') end) "
        + "the_model:forward({1}) end)",
    ])
  func modelCycles(cycle: String) throws {
    let (before, after) = try runCycles(cycle, count: 300)
    #expect(before == after, "\(cycle)")
  }

  @Test("a run that is over lets go of everything that it opened")
  func runs() throws {
    weak var machine: LuaMachine?
    weak var library: ModelLibrary?
    weak var model: Model?
    do {
      let bench = try RecipeBench()
      _ = try bench.run(
        """
        local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}}
        v = cast.vector.build(model, data, {layers = {0, 1}})
        m, kept = model, cast.on_layer(1, function(ctx) kept = ctx end)
        cast.metric("m", function() return m and 1 end)
        steering = model:steer(v, {scale = function() return steering and 1 end})
        cast.on_layer(1, cast.ops.add(v, 1))
        model:forward({1, 2})
        """)
      machine = bench.host.machine
      library = bench.host.models
      model = bench.model
      #expect(machine != nil && library != nil && model != nil)
    }
    #expect(machine == nil && library == nil && model == nil)
  }
}
