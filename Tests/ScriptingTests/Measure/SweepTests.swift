import TestSupport
import Testing

@testable import Scripting

@Suite("Sweeps")
struct SweepTests {
  private let prelude = """
    local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
    local v = cast.vector.build(model, data, {layers = {0, 1}})
    local function show(row, names)
      local parts = {}
      for name in names:gmatch("%S+") do parts[#parts + 1] = tostring(row[name]) end
      return table.concat(parts, " ")
    end

    """

  @Test("a grid is gone through in order: names sorted, the last one fastest")
  func order() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local seen = {}
          local function run(prompt, p)
            seen[#seen + 1] = prompt .. show(p, "a b")
            return prompt
          end
          local n = cast.metric("n", function(s) return #s.text end)
          cast.sweep{grid = {b = {1, 2}, a = {"x", "y"}}, prompts = {"p", "q"}, run = run, metrics = {n}}
          print(table.concat(seen, " "))
          seen = {}
          cast.sweep{grid = {{"b", {1, 2}}, {"a", {"x", "y"}}}, prompts = {"p"}, run = run, metrics = {n}}
          print(table.concat(seen, " "))
          seen = {}
          cast.sweep{grid = {{a = "x", b = 1}, {a = "z", b = 3}}, prompts = {"p"}, run = run, metrics = {n}}
          print(table.concat(seen, " "))
          seen = {}
          cast.sweep{prompts = {"p"}, run = function(p, params) seen[1] = next(params) == nil return p end, metrics = {n}}
          print(seen[1])
          """)
    #expect(
      lines == [
        "px 1 qx 1 px 2 qx 2 py 1 qy 1 py 2 qy 2", "px 1 py 1 px 2 py 2", "px 1 pz 3", "true",
      ])
  }

  @Test("values are aggregated over prompts: tables, best, text")
  func aggregates() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local function metric(name, aggregate)
            return cast.metric(name, function(s) return s.params.k * tonumber(s.text) end,
              {aggregate = aggregate})
          end
          local r = cast.sweep{
            grid = {k = {2, 1}}, prompts = {"1", "2", "9"}, run = function(p) return p end,
            metrics = {metric("mean"), metric("median", "median"), metric("max", "max"),
              metric("min", "min"), metric("sum", "sum"), metric("std", "std"),
              metric("own", function(values) return #values end),
              parts = function(s)
                if s.text == "9" then return nil end
                return {double = 2 * s.text, half = s.text / 2}
              end}}
          print(#r, r.degraded, table.concat(r.columns, " "))
          for _, row in ipairs(r:table()) do
            print(show(row, "k mean median max min sum own parts.double parts.half"))
          end
          print(math.abs(r:table()[2].std - math.sqrt(19)) < 1e-9)
          print(r:best("mean").k, r:best("mean", {lowest = true}).k, r:best("own").k)
          local each = r:table{per_prompt = true}
          print(#each, show(each[3], "k prompt text mean parts.half"))
          print(cast.sweep{grid = {k = {2, 10}}, prompts = {"1"}, run = function(p) return p end,
            metrics = {"mean"}})
          """)
    #expect(
      lines == [
        "2\tfalse\tk mean median max min sum std own parts.double parts.half",
        "2 8.0 4.0 18.0 2.0 24.0 3.0 3.0 0.75", "1 4.0 2.0 9.0 1.0 12.0 3.0 3.0 0.75", "true",
        "2\t1\t2", "6\t2 3 9 18.0 nil", "k   mean\n2   2\n10  10",
      ])
  }

  @Test("a sweep of a vector steers by itself, and knows its baseline and its odds")
  func vectors() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local prompts = {{10, 20}, {30, 40, 50}}
          local plain, steered = {}, {}
          for i, p in ipairs(prompts) do
            plain[i] = model:generate(p, {max_tokens = 5}).text
            steered[i] = model:generate(p, {max_tokens = 5,
              steer = {v, scale = 30, layers = 1, positions = "last_prompt"}}).text
          end
          local baselines = {}
          local r = cast.sweep{
            vector = v, grid = {scale = {0, 30}, layers = {0, {0, 1}, 1}}, prompts = prompts,
            steer = {positions = "last_prompt"}, generate = {max_tokens = 5},
            metrics = {"length", cast.metrics.log_odds({3}, {4}),
              cast.metric("same", function(s) return s.text == s.baseline.text end)}}
          print(#r, r:best("length", {lowest = true}).length)
          local each = r:table{per_prompt = true}
          print(each[1].text == plain[1], each[2].text == plain[2], each[1].same)
          print(each[11].text == steered[1], each[12].text == steered[2], each[11].layers, each[11].scale)
          local s = model:score({prompts[1]}, {{3}, {4}},
            {steer = {v, scale = 30, layers = 1, positions = "last_prompt"}})
          print(math.abs(each[11].log_odds - (s[1][1] - s[1][2])) < 1e-9,
            each[11].log_odds ~= each[1].log_odds)
          """)
    #expect(
      lines == ["6\t5.0", "true\ttrue\t1.0", "true\ttrue\t1\t30", "true\ttrue"])
  }

  @Test("batches, baselines, items and outputs reach the metrics")
  func samples() throws {
    let lines = try RecipeBench()
      .run(
        """
        local calls = 0
        local r = cast.sweep{
          grid = {k = {1, 2}}, prompts = {{prompt = "a", answer = 3}, {prompt = "bb", answer = 4}},
          run_batch = function(prompts, params)
            calls = calls + 1
            local out = {}
            for i, p in ipairs(prompts) do out[i] = {text = p:rep(params.k), extra = i} end
            return out
          end,
          baseline = {k = 5},
          metrics = {
            length = function(s) return #s.text end,
            against = function(s) return #s.baseline.text end,
            extra = function(s) return s.output.extra * s.item.answer end,
          }}
        print(calls)
        for _, row in ipairs(r:table{per_prompt = true}) do
          print(row.length, row.against, row.extra)
        end
        local own = cast.sweep{prompts = {"x"}, run = function(p) return p end,
          baseline = function(p) return p .. "!" end,
          metrics = {b = function(s) return #s.baseline.text end}}
        print(own:table()[1].b)
        """)
    #expect(
      lines == ["3", "1.0\t5.0\t3.0", "2.0\t10.0\t8.0", "2.0\t5.0\t3.0", "4.0\t10.0\t8.0", "2.0"])
  }

  @Test("a report is saved by its ending, where the run may write")
  func files() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      """
      local r = cast.sweep{grid = {k = {1, 2.5}, mode = {"a,b"}}, prompts = {'say "hi"', "two"},
        run = function(p, params) return p end,
        metrics = {n = function(s) return #s.text * s.params.k end}}
      local folder = "\(bench.folder.path)/"
      print(r:save(folder .. "r.csv"), r:save(folder .. "each.CSV", {per_prompt = true}))
      print(r:save(folder .. "r.json"))
      print(cast.read(folder .. "r.csv"))
      print(cast.read(folder .. "each.CSV"))
      local json = cast.json.decode(cast.read(folder .. "r.json"))
      print(json.rows[2].n, json.outputs[4].text, json.settings[2], json.metrics[1], json.seed)
      print(pcall(r.save, r, "/somewhere/else.csv"))
      """)
    #expect(
      Array(lines.prefix(5)) == [
        "true\ttrue", "true", "k,mode,n\n1,\"a,b\",5.5\n2.5,\"a,b\",13.75\n",
        "k,mode,prompt,n,text\n1,\"a,b\",1,8.0,\"say \"\"hi\"\"\"\n1,\"a,b\",2,3.0,two\n"
          + "2.5,\"a,b\",1,20.0,\"say \"\"hi\"\"\"\n2.5,\"a,b\",2,7.5,two\n",
        "13.75\ttwo\tmode\tn\t7",
      ])
    #expect(lines.last?.contains("--allow-write=/somewhere") == true)
  }

  @Test("an error names the metric, the prompt and the settings")
  func failures() throws {
    let error = try RecipeBench()
      .failure(
        """
        local m = cast.metric("odd", function(s)
          if s.params.scale == 2 and s.text == "second" then error("no such thing") end
          return 1
        end)
        cast.sweep{grid = {scale = {1, 2}, layer = {7}}, prompts = {"first", "second"},
          run = function(p) return p end, metrics = {m}}
        """)
    let text = error?.description ?? ""
    #expect(text.contains("no such thing"))
    #expect(
      text.contains("in metric 'odd', prompt 2 (\"second\"), at layer = 7, scale = 2"), "\(text)")
    #expect(error?.line == 3)
  }

  @Test(
    "what cannot work is refused, before anything runs where possible",
    arguments: [
      ("cast.sweep{prompts = {'a'}, metrics = {'length'}}", "one of run, run_batch and vector"),
      (
        "cast.sweep{prompts = {'a'}, run = print, steer = {scale = 3}, metrics = {'length'}}",
        "only a sweep of a vector takes it"
      ),
      ("cast.sweep{prompts = {}, run = print, metrics = {'length'}}", "at least one prompt"),
      ("cast.sweep{prompts = {'a'}, run = print, metrics = {}}", "at least one metric"),
      ("cast.sweep{prompts = {'a'}, run = print, metrics = {'lenght'}}", "did you mean 'length'?"),
      ("cast.sweep{prompts = {'a'}, run = print, metrics = {'contains'}}", "'phrases'"),
      (
        "cast.sweep{prompts = {'a'}, run = print, metrics = {'length', 'length'}}",
        "two metrics are called 'length'"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = print, grid = {length = {1}}, metrics = {'length'}}",
        "names a setting of the grid"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = print, grid = {text = {1}}, metrics = {'length'}}",
        "'text' is a column of every report"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = print, grid = {x = {}}, metrics = {'length'}}",
        "at least one value"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = print, grid = {x = {print}}, metrics = {'length'}}",
        "number, string, boolean or list of those expected, got function"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = print, grid = {{x = 1}, {y = 1}}, metrics = {'length'}}",
        "the same names"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = print, metrics = {'length'}, grids = {}}", "did you mean"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = function() return 3 end, metrics = {'length'}}",
        "run returned number"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = function() return 'x' end, metrics = {'length'}}",
        "the sample has no tokens"
      ),
      (
        "cast.sweep{prompts = {'a', 'b'}, run_batch = function() return {'x'} end, metrics = {'refusal'}}",
        "run_batch returned 1 outputs (expected 2"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = function() return 'x' end, metrics = {m = function() return 0/0 end}}",
        "(a finite number expected; nil for none)"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = function() return 'x' end, metrics = {m = function() return 'x' end}}",
        "metric 'm' returned string"
      ),
      (
        "cast.sweep{prompts = {'a'}, run = function() return 'x' end, metrics = {cast.metrics.log_odds('a', 'b')}}",
        "log_odds does not know how run steers"
      ),
      (
        "cast.sweep{prompts = {'a'}, vector = v, grid = {scal = {1}}, metrics = {'length'}}",
        "'scal'"
      ),
      (
        "cast.sweep{prompts = {'a'}, vector = v, grid = {layers = {0, 9}}, metrics = {'length'}}",
        "at layers = 9"
      ),
      (
        "local t = {} for i = 1, 200 do t[i] = i end "
          + "cast.sweep{prompts = {'a'}, run = print, grid = {x = t, y = t}, metrics = {'length'}}",
        "at most 10000 points expected, got 40000"
      ),
      (
        "local t, p = {}, {} for i = 1, 2000 do t[i] = i p[i] = 'a' end "
          + "cast.sweep{prompts = p, run = print, grid = {x = t}, metrics = {'length'}}",
        "at most 1000000 outputs expected"
      ),
    ])
  func mistakes(source: String, part: String) throws {
    let error = try RecipeBench().failure(prelude + source)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test("a failing hook that was switched off marks the report")
  func degraded() throws {
    let bench = try RecipeBench(disablesFailingHooks: true)
    let lines = try bench.run(
      """
      cast.on_token(function() error("oops") end)
      local r = cast.sweep{prompts = {"a"}, metrics = {"length"},
        run = function(p) return model:generate(p, {max_tokens = 2}) end}
      print(r.degraded, #tostring(r) > 0 and tostring(r):find("degraded") ~= nil)
      """)
    #expect(lines == ["true\ttrue"])
  }

  @Test("progress counts every output, and a stop ends the sweep")
  func progress() throws {
    let bench = try RecipeBench()
    _ = try bench.run(
      """
      cast.sweep{grid = {k = {1, 2}}, prompts = {"a", "b"}, run = function(p) return p end,
        metrics = {"refusal"}}
      """)
    #expect(bench.progress == ["sweep 0/4", "sweep 1/4", "sweep 2/4", "sweep 3/4", "sweep 4/4"])
    let stop = try RecipeBench()
    let error = stop.failure(
      """
      cast.sweep{grid = {k = {1, 2}}, prompts = {"a", "b"}, metrics = {"refusal"},
        run = function(p) while true do end end}
      """, secondsLeft: 0.2)
    #expect(error?.code == .timeLimit)
  }
}
