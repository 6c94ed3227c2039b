import Foundation
import TestSupport
import Testing

@testable import Scripting

@Suite("Sweeps that are kept in a file")
struct SweepStoreTests {
  /// `sweep` runs a small sweep, kept in a file of the bench's folder, with other options.
  private func prelude(_ bench: RecipeBench) -> String {
    """
    local store = "\(bench.folder.path)/s.sqlite"
    local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
    local v = cast.vector.build(model, data, {layers = {0, 1}})
    local function sweep(options)
      local all = {grid = {k = {1, 2}}, prompts = {"a", "bb"}, store = store,
        run = function(p, params) return p:rep(params.k) end,
        metrics = {n = function(s) return #s.text / 3 end}}
      for name, value in pairs(options or {}) do all[name] = value end
      return cast.sweep(all)
    end

    """
  }

  @Test("a second sweep takes everything from the file; a longer grid computes what is new")
  func resumes() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      prelude(bench) + """
        local one = sweep()
        local two = sweep()
        print(tostring(one) == tostring(two), one:table{per_prompt = true}[4].text)
        sweep{grid = {k = {1, 3, 2}}}
        sweep{prompts = {"a", "bb", "ccc"}}
        """)
    #expect(lines == ["true\tbbbb"])
    #expect(bench.logged.count { $0.contains("4 of 4 outputs are in") } == 1)
    #expect(bench.logged.contains { $0.contains("4 of 6 outputs") })
    let done = bench.progress.filter { $0.hasPrefix("sweep") && $0.hasSuffix("/4") }
    #expect(done == ["sweep 0/4", "sweep 1/4", "sweep 2/4", "sweep 3/4", "sweep 4/4", "sweep 4/4"])
    #expect(bench.progress.first { $0.hasSuffix("/6") } == "sweep 4/6")
  }

  @Test(
    "whatever shapes an output keeps it apart from those that are there",
    arguments: [
      "sweep{run = function(p, params) return p:rep(params.k) .. '' end}",
      "sweep{metrics = {n = function(s) return #s.text / 4 end}}",
      "sweep{metrics = {m = function(s) return #s.text / 3 end}}",
      "sweep{prompts = {'b', 'cc'}}",
      "sweep{prompts = {{prompt = 'a', answer = 1}, {prompt = 'bb', answer = 1}}}",
      "sweep{grid = {k = {3, 4}}}", "sweep{grid = {k = {1.0, 2.0}}}",
      "sweep{baseline = {k = 1}}",
      "cast.on_layer(0, cast.ops.add(v, 2)) sweep()",
      "cast.on_token(function(ctx) end) sweep()",
      "model:steer(v, {scale = 3}) sweep()",
    ])
  func apart(source: String) throws {
    let bench = try RecipeBench()
    _ = try bench.run(prelude(bench) + "sweep()\n" + source)
    #expect(!bench.logged.contains { $0.contains("outputs are in") }, "\(bench.logged)")
    #expect(bench.progress.last == "sweep 4/4")
  }

  @Test("lines, comments and names change nothing; what a function refers to does")
  func digests() throws {
    let bench = try RecipeBench()
    let module = HostModule("")
    module.function("digest") { call in
      .string(try ContentDigest.of(call.argument(1, "value").value ?? .nil, call.machine))
    }
    bench.host.machine.setGlobals(module)
    let lines = try bench.run(
      """
      local word, other = "a", {x = {1, 2}}
      local function one(p) return p .. word end
      local function two(text) -- a remark

        return text .. word
      end
      print(digest(one) == digest(two))
      local before = digest(one)
      word = "b"
      print(before == digest(one))
      local function g(p) return p .. other.x[2] end
      before = digest(g)
      other.x[2] = 3
      print(before == digest(g))
      other.x[2] = 2
      print(before == digest(g))
      helper = function(p) return p end
      local function h(p) return helper(p) end
      before = digest(h)
      helper = function(p) return p .. "!" end
      print(before == digest(h))
      other.self = other
      print(#digest(g))
      print(digest({1, a = 2, b = 3}) == digest({b = 3, a = 2, 1}), digest(1) == digest(1.0))
      print(digest(cast.tensor.from({1, 2})) == digest(cast.tensor.from({1, 2})),
        digest(cast.tensor.from({1, 2})) == digest(cast.tensor.from({1, 3})))
      """)
    #expect(
      lines == [
        "true", "false", "false", "true", "false", "64", "true\tfalse", "true\tfalse",
      ])
  }

  @Test("random draws of an output are the same with and without what was computed before it")
  func random() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      prelude(bench) + """
        local draw = {run = function(p, params) return tostring(cast.random(1, 1000000)) end,
          metrics = {r = function(s) return math.random() end}}
        local function all(options)
          for name, value in pairs(draw) do options[name] = value end
          return sweep(options):table{per_prompt = true}
        end
        local first = cast.random(1, 1000000)
        local plain = all{store = false}
        all{grid = {k = {2}}}
        local resumed = all{}
        local same, different = 0, 0
        for i, row in ipairs(plain) do
          if row.text == resumed[i].text and row.r == resumed[i].r then same = same + 1 end
          if i > 1 and row.text ~= plain[1].text and row.r ~= plain[1].r then different = different + 1 end
        end
        print(same, different)
        """)
    #expect(lines == ["4\t3"])
  }

  @Test("a sweep of a vector is taken up in the middle of a point, sampled texts too")
  func vectors() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      prelude(bench) + """
        local function steered(prompts, store, metric)
          return cast.sweep{vector = v, store = store, prompts = prompts,
            grid = {scale = {0, 30}}, steer = {layers = 1},
            generate = {max_tokens = 5, temperature = 1},
            metrics = {"length", "repetition", same = function(s)
              return s.text == s.baseline.text end, cast.metrics.log_odds({3}, {4})}}
        end
        local prompts = {{10, 20}, {30, 40, 50}, {7}, {8, 9}}
        local plain = steered(prompts, false)
        steered({prompts[1], prompts[2]}, store)
        local resumed = steered(prompts, store)
        print(cast.json.encode(plain:table{per_prompt = true})
          == cast.json.encode(resumed:table{per_prompt = true}))
        print(table.concat(plain.columns, " ") == table.concat(resumed.columns, " "))
        """)
    #expect(lines == ["true", "true"])
    #expect(bench.logged.contains { $0.contains("4 of 8 outputs") })
  }

  @Test("what cannot be told apart, and what is no store, is refused in a sentence")
  func refused() throws {
    let cases = [
      (
        "model:steer(v, {scale = function() return 1 end}) sweep()",
        "a steering with a schedule or a condition is on"
      ),
      (
        "local op = cast.ops.add(v, 1) sweep{run = function(p) return p .. tostring(op) end}",
        "(make it inside the function)"
      ),
      ("sweep{store = '/somewhere/s.sqlite'}", "--allow-write=/somewhere"),
      ("cast.write(store, 'not a store at all, but text') sweep()", "no store of results"),
      ("sweep{name = '../up'}", "letters, digits"),
      ("sweep{name = 'n', store = 7}", "string expected"),
    ]
    for (source, part) in cases {
      let bench = try RecipeBench()
      let error = bench.failure(prelude(bench) + source)
      let text = error?.description ?? "no error"
      #expect(text.contains(part), "\(source): \(text)")
    }
  }

  @Test("outputs after a hook failed are not kept")
  func degraded() throws {
    let bench = try RecipeBench(disablesFailingHooks: true)
    _ = try bench.run(
      prelude(bench) + """
        local function broken()
          local hook = cast.on_token(function() error("oops") end)
          sweep{run = function(p) return model:generate(p, {max_tokens = 2}) end, metrics = {"length"}}
          hook:remove()
        end
        broken()
        broken()
        """)
    #expect(!bench.logged.contains { $0.contains("outputs are in") })
  }

  @Test("beyond a broken point nothing is run: neither a number nor a text is made up")
  func collapse() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      prelude(bench) + """
        local seen = {}
        local r = sweep{grid = {scale = {-4, -2, 0, 2, 4, 8}, layer = {1, 2}},
          run = function(p, params) seen[#seen + 1] = params.scale return p end,
          metrics = {bad = function(s) return s.params.layer == 1 and s.params.scale * 2 or 0 end},
          collapse = {above = {bad = 3}, below = {bad = -7}}, store = false}
        print(table.concat(seen, " "))
        print(r.skipped, #r:table(), #r:table{per_prompt = true})
        for _, row in ipairs(r:table()) do
          if row.skipped then print(row.layer, row.scale, row.bad) end
        end
        print(r:best("bad").scale, tostring(r):find("skipped") ~= nil)
        local ok, message = pcall(sweep, {collapse = true})
        print(message:match("no setting '%a+'"))
        """)
    #expect(
      lines == [
        "0 0 0 0 -2 -2 2 2 -2 -2 2 2 -4 -4 -4 -4 4 4 8 8", "2\t12\t20", "1\t4\tnil", "1\t8\tnil",
        "2\ttrue", "no setting 'scale'",
      ])
  }

  @Test("pages hold the sweep's numbers, its texts escaped, and what is needed for doing it again")
  func pages() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      prelude(bench) + """
        local folder = "\(bench.folder.path)/"
        local r = cast.sweep{name = "A first look", vector = v, prompts = {"<b>bold</b>", "b"},
          grid = {scale = {0, 30}, layers = {0, 1}}, generate = {max_tokens = 5},
          metrics = {"length", "repetition"}}
        print(r:save(folder .. "r.html", {about = "For <all>.", samples = 1,
          controls = {{name = "random", effect = 0.25}}}))
        print(r:save(folder .. "r.md"), pcall(r.save, r, folder .. "r.txt"))
        print((r:markdown()))
        """)
    let page = try String(contentsOfFile: bench.folder.file("r.html"), encoding: .utf8)
    #expect(page.contains("<title>A first look</title>") && page.contains("For &lt;all&gt;."))
    #expect(page.contains("&lt;b&gt;bold&lt;/b&gt;") && !page.contains("<b>"))
    #expect(page.contains("<td>random</td><td>0.25</td>") || page.contains("<td>0.25</td>"))
    #expect(page.contains("0123") && page.contains("mean_diff, 2 pairs"))
    #expect(page.contains("class=\"heat\"") && page.contains("class=\"band c0\""))
    #expect(lines[1].contains(".html, .md, .csv or .json"))
    let markdown = try String(contentsOfFile: bench.folder.file("r.md"), encoding: .utf8)
    #expect(lines.dropFirst(2).joined(separator: "\n").hasPrefix(markdown.prefix(200)))
  }

  @Test(
    "what changes outputs changes what they are stored under",
    arguments: [
      // Which of two functions of the host a metric calls, as an upvalue or a global variable.
      ("local pick = math.max", "local pick = math.min", "pick(#s.text, 3)"),
      ("pick = math.max", "pick = math.min", "pick(#s.text, 3)"),
      ("local lib = {f = string.upper}", "local lib = {f = string.lower}", "#lib.f(s.text)"),
      (
        "local data = cast.dataset.pairs{{positive = 'a', negative = 'b', note = 'x'}}",
        "local data = cast.dataset.pairs{{positive = 'a', negative = 'b', note = 'xy'}}",
        "#data[1].note"
      ),
      (
        "local none = 1",
        "cast.on_vector_build(function(ctx) return ctx.direction:normalize() end)", "1"
      ),
    ])
  func changes(before: String, after: String, metric: String) throws {
    let bench = try RecipeBench()
    func sweep(_ setup: String) throws -> [String] {
      try bench.run(
        prelude(bench) + setup + """

          local r = cast.sweep{prompts = {"a", "bc"}, grid = {k = {1, 2}}, store = store,
            run = function(prompt, params) return prompt .. params.k end,
            metrics = {m = function(s) return \(metric) end}}
          """)
    }
    _ = try sweep(before)
    let reused = "4 of 4 outputs"
    #expect(bench.logged.count { $0.contains(reused) } == 0)
    _ = try sweep(before)
    #expect(bench.logged.count { $0.contains(reused) } == 1, "the same again: \(bench.logged)")
    _ = try sweep(after)
    #expect(bench.logged.count { $0.contains(reused) } == 1, "changed: \(bench.logged)")
  }

  @Test(
    "what cannot be compared is not stored",
    arguments: [
      ("local n = 1", "#require('lex')", "require at the top"),
      ("local key = {} local box = {[key] = 1}", "box[key]", "key of type table"),
      ("local add = cast.tensor.zeros(1).add", "add and 1 or 2", "no name of its own"),
    ])
  func incomparable(setup: String, metric: String, part: String) throws {
    let bench = try RecipeBench()
    let error = bench.failure(
      prelude(bench) + setup + """

        cast.sweep{prompts = {"a"}, store = store, run = function(prompt) return prompt end,
          metrics = {m = function(s) return \(metric) end}}
        """)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test(
    "a grid or a metric that a report could not show is refused",
    arguments: [
      ("grid = {k = {1, 1, 2}}, metrics = {'length'}", "each point once expected, got k = 1 twice"),
      ("grid = {{k = 1}, {k = 1}}, metrics = {'length'}", "each point once"),
      (
        "grid = {['m.x'] = {1}}, metrics = {m = function() return {x = 9} end}",
        "'m.x' is a setting of the grid and a column of metric 'm'"
      ),
    ])
  func ambiguous(options: String, part: String) throws {
    let error = try RecipeBench()
      .failure(
        "cast.sweep{prompts = {'a'}, run = function(prompt) return prompt end, \(options)}")
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  /// The intervals of a report's table, by scale.
  private func intervals(_ scales: String) throws -> (note: String, byScale: [String: [Double]]) {
    let bench = try RecipeBench()
    let lines = try bench.run(
      """
      local prompts = {}
      for i = 1, 40 do prompts[i] = tostring(i) end
      -- Prompts differ by 10 from one to the next; steering adds 1 to one half, 2 to the other.
      local r = cast.sweep{prompts = prompts, grid = {scale = {\(scales)}},
        run = function(prompt) return prompt end,
        metrics = {m = function(sample)
          local i = tonumber(sample.prompt)
          return 10 * i + sample.params.scale * (1 + i % 2)
        end}}
      print(r:markdown())
      """)
    var found: [String: [Double]] = [:]
    for line in lines.flatMap({ $0.split(separator: "\n") }) {
      let cells = line.replacing("\\", with: "").split(separator: "|")
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 2, let bracket = cells[1].firstIndex(of: "[") else { continue }
      found[cells[0]] = cells[1][bracket...].dropFirst().dropLast().split(separator: ",")
        .compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
    }
    let note = lines.joined(separator: "\n").split(separator: "\n")
      .first { $0.hasPrefix("In brackets") }
    return (note.map(String.init) ?? "", found)
  }

  @Test(
    "with scale 0 in the grid, intervals are those of the change and leave prompts' differences out"
  )
  func pairedIntervals() throws {
    let (note, paired) = try intervals("0, 20")
    #expect(
      note == "In brackets: 95 % bootstrap intervals of the change from scale 0, over prompts.")
    #expect(paired["0"] == nil)
    // 205 + 20 · 1.5 ± 1.96 · 20 · 0.5 / √40, printed to three digits.
    let interval = try #require(paired["20"])
    #expect(
      abs(interval[0] - (235 - 3.1)) <= 1 && abs(interval[1] - (235 + 3.1)) <= 1, "\(interval)")
  }

  @Test("without it, they are those of the values, as wide as the prompts differ")
  func plainIntervals() throws {
    let (note, plain) = try intervals("10, 20")
    #expect(note == "In brackets: 95 % bootstrap intervals over prompts.")
    // 235 ± 1.96 · 10 · √((40² − 1) / 12) / √40.
    let interval = try #require(plain["20"])
    #expect(
      abs(interval[0] - (235 - 35.8)) < 4 && abs(interval[1] - (235 + 35.8)) < 4, "\(interval)")
  }
}
