import TestSupport
import Testing

@testable import Scripting

@Suite("Metrics that take many outputs of a sweep together")
struct SweepAheadTests {
  private static let prelude = """
    local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
    local v = cast.vector.build(model, data, {layers = {0, 1}})
    local items = {}
    for i = 1, 5 do
      items[i] = {prompt = {10, 20, 30 + i}, positive = {{3}, {4, 5}}, negative = {{6}},
        swapped = {prompt = {11, 21, i}, positive = {{6}}, negative = {{3}}}}
    end
    local grid = {layers = {0, 1}, scale = {-6, 0, 6}}
    local probability = cast.metrics.probability({{3}}, {{6}})
    local metrics = {"choice", "divergence", probability}
    -- The same metrics, asked about one output after the other.
    local function expected(row, positions)
      local steer = {steer = {v, layers = row.layers, scale = row.scale, positions = positions}}
      local choice = cast.metrics.choice(steer)(items[row.prompt])
      local divergence = cast.metrics.divergence("answer", steer)(items[row.prompt])
      local share = cast.metrics.probability({{3}}, {{6}}, steer)(items[row.prompt])
      return choice, divergence, share
    end
    local function check(report, positions)
      local wrong, moved = 0, 0
      for _, row in ipairs(report:table{per_prompt = true}) do
        local choice, divergence, share = expected(row, positions)
        for name, value in pairs{["choice.p"] = choice.p, ["choice.log_odds"] = choice.log_odds,
          ["choice.mass"] = choice.mass, ["choice.correct"] = choice.correct,
          ["divergence.kl"] = divergence.kl, ["divergence.top1"] = divergence.top1,
          ["probability.p"] = share.p, ["probability.mass"] = share.mass} do
          if row[name] ~= value then wrong = wrong + 1 end
        end
        if row["divergence.kl"] > 1e-6 then moved = moved + 1 end
      end
      print(wrong, moved)
    end

    """

  private func run(_ source: String) throws -> (lines: [String], bench: RecipeBench) {
    let bench = try RecipeBench()
    return (try bench.run(SweepAheadTests.prelude + source), bench)
  }

  @Test("each value has the bits that it has alone", arguments: ["all", "response"])
  func alone(positions: String) throws {
    let (lines, bench) = try run(
      """
      check(cast.sweep{vector = v, grid = grid, prompts = items, generate = false,
        steer = {positions = "\(positions)"}, metrics = metrics}, "\(positions)")
      """)
    #expect(lines == ["0\t20"])
    #expect(bench.progress.contains("sweep: choice 30/30"), "all 30 outputs at once")
  }

  @Test("with texts, with collapse, and where run steers, the values are the same")
  func kinds() throws {
    let (lines, _) = try run(
      """
      check(cast.sweep{vector = v, grid = grid, prompts = items, generate = {max_tokens = 2},
        metrics = metrics})
      check(cast.sweep{vector = v, grid = grid, prompts = items, generate = false,
        collapse = {above = {["divergence.kl"] = 1e9}}, metrics = metrics})
      local function steer(p)
        return p.scale ~= 0 and {v, layers = p.layers, scale = p.scale}
      end
      check(cast.sweep{grid = grid, prompts = items, run = function() return "" end,
        metrics = {cast.metrics.choice{steer = steer},
          cast.metrics.divergence("answer", {steer = steer}),
          cast.metrics.probability({{3}}, {{6}}, {steer = steer})}})
      """)
    #expect(lines == ["0\t20", "0\t20", "0\t20"])
  }

  @Test("hooks of the recipe, which may keep state, see each output for itself")
  func hooks() throws {
    let (lines, _) = try run(
      """
      local calls = 0
      local h <close> = cast.on_layer(1, function(ctx)
        ctx.state.n = (ctx.state.n or 0) + 1
        calls = calls + 1
        ctx.hidden:add_(v[1], ctx.state.n)
      end)
      check(cast.sweep{vector = v, grid = grid, prompts = items, generate = false, metrics = metrics})
      print(calls > 100)
      """)
    #expect(lines[0].hasPrefix("0\t") && lines[1] == "true")
  }

  @Test("outputs that are kept already are left out, and a sweep goes on where it was")
  func resumes() throws {
    let bench = try RecipeBench()
    let store = "\(bench.folder.path)/ahead.sqlite"
    let lines = try bench.run(
      SweepAheadTests.prelude + """
        local function sweep(grid)
          return cast.sweep{vector = v, grid = grid, prompts = items, generate = false,
            metrics = metrics, store = "\(store)"}
        end
        sweep{layers = {0, 1}, scale = {6}}
        local whole = sweep(grid)
        check(whole)
        print(tostring(whole) == tostring(sweep(grid)))
        """)
    #expect(lines == ["0\t20", "true"])
    #expect(bench.progress.contains("sweep: choice 20/20"), "ten of thirty are known")
  }

  @Test(
    "without texts, what needs one says so",
    arguments: [
      ("metrics = {'distinct'}", "generate = false"),
      ("metrics = {'refusal'}", "generate = false"),
      ("metrics = {'choice'}, collapse = true", "generate = false"),
      ("metrics = {'choice'}, baseline = true", "nothing to compare with"),
    ])
  func texts(options: String, part: String) throws {
    let error = #expect(throws: (any Error).self) {
      try run(
        "cast.sweep{vector = v, grid = grid, prompts = items, generate = false, \(options)}")
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains(part))
  }

  @Test("a failing point is named by its own output")
  func failure() throws {
    let error = #expect(throws: (any Error).self) {
      try run(
        """
        cast.sweep{vector = v, grid = {layers = {1}, scale = {1, 1e38}}, prompts = items,
          generate = false, metrics = {"choice"}}
        """)
    }
    let text = "\(error.map { "\($0)" } ?? "")"
    #expect(text.contains("metric 'choice', prompt 1") && text.contains("scale"), "\(text)")
  }

  @Test(
    "a report takes what evaluate found as its controls, and shows no texts where there are none")
  func page() throws {
    let (lines, _) = try run(
      """
      local questions = {}
      for i = 1, 12 do questions[i] = {prompt = {10, 20, 30 + i}, positive = {{3}}, negative = {{6}}} end
      local found = cast.evaluate{vector = v, items = questions, scales = {2}, cost = false,
        controls = {random = 19}, resamples = 20}
      local report = cast.sweep{vector = v, grid = grid, prompts = items, generate = false,
        metrics = metrics}
      local page = report:markdown{controls = found}
      print(page:find(found.line:sub(1, 20), 1, true) ~= nil, page:find("19 random directions") ~= nil,
        page:find("Side by side", 1, true))
      """)
    #expect(lines == ["true\ttrue\tnil"])
  }
}
