import Statistics
import Testing

@testable import Scripting

@Suite("cast.evaluate")
struct EvaluationTests {
  /// Items of random tokens, a direction that raises their log-odds, and random ones.
  private static let setup = """
    local width = model.d_model
    local function ids(n) local t = {} for i = 1, n do t[i] = cast.random(3, 250) end return t end
    local function questions(n)
      local items = {}
      for i = 1, n do items[i] = {prompt = ids(6), positive = {{7}}, negative = {{8}}} end
      return items
    end
    local function direction() return cast.vector.from(model,
      {[0] = cast.tensor.randn(width), [1] = cast.tensor.randn(width)}) end
    -- The sum of random directions, each by what it does on questions of its own: near the gradient.
    local function planted()
      local prompts, variants, vectors = {}, {false}, {}
      for i, item in ipairs(questions(8)) do prompts[i] = item.prompt end
      for i = 1, 150 do
        vectors[i] = direction()
        variants[i + 1] = {vectors[i], scale = 0.3}
      end
      local scores = model:score(prompts, {{7}, {8}}, {variants = variants})
      local function odds(s) return s:t()[1]:sub(s:t()[2]):mean() end
      local sum
      for i, v in ipairs(vectors) do
        local part = v * (odds(scores[i + 1]) - odds(scores[1]))
        sum = sum and sum + part or part
      end
      return sum:normalize() * 8
    end

    """

  private func run(_ source: String) throws -> [String] {
    try RecipeBench().run(EvaluationTests.setup + source)
  }

  @Test("a planted effect is found, and the line says what it is above")
  func planted() throws {
    let lines = try run(
      """
      local v = planted()
      local found = cast.evaluate{vector = v, items = questions(20), layers = {0, 1},
        scales = {0.25, 0.5}, controls = {random = 60}}
      print(found.stands_out, found.p < 0.05, found.effect > 0)
      print(found.line)
      print(found)
      """)
    #expect(lines[0] == "true\ttrue\ttrue", "\(lines)")
    #expect(lines[1].hasPrefix("stands out: +"))
    #expect(lines[1].contains("above 60 of 60 random directions, p = 0.016"))
    #expect(lines[2].contains("chosen of 4 settings on"))
    #expect(lines[2].contains("split by content hash"))
    #expect(lines[2].contains("shuffled labels: not run"))
    #expect(lines[2].contains("scale 0: largest change of a question 0"))
  }

  @Test("where there is nothing to choose, it says what was steered")
  func oneSetting() throws {
    let lines = try run(
      """
      local found = cast.evaluate{vector = planted(), items = questions(8), cost = false,
        controls = {random = 19}, resamples = 10}
      print(found)
      print(found.layers, found.scale)
      """)
    #expect(
      lines[0]
        .contains(
          "one setting (all layers of the vector), nothing chosen: all 8 questions are reported"),
      "\(lines)")
    #expect(lines[1] == "nil\tnil")
  }

  @Test("no wolf: of 60 random directions, each with its pick of settings, at most 7 stand out")
  func noWolf() throws {
    let lines = try run(
      """
      local vectors = {}
      for i = 1, 60 do vectors[i] = direction() end
      local calls, naive = 0, 0
      for _, found in ipairs(cast.evaluate{vectors = vectors, items = questions(16), cost = false,
        layers = {0, 1}, scales = {0.5}, controls = {random = 19}, resamples = 10}) do
        calls = calls + (found.stands_out and 1 or 0)
        naive = naive + (found:table()[1].p_items <= 0.05 and 1 or 0)
      end
      print(calls)
      print(naive)
      """)
    let bound = Binomial.bound(of: 60, chance: 0.05, risk: 0.01)
    #expect(bound == 7)
    #expect(try #require(Int(lines[0])) <= bound, "\(lines)")
    // The test over items alone takes most random directions for effects.
    #expect(try #require(Int(lines[1])) > 20, "\(lines)")
  }

  @Test("no wolf among vectors that point the same way at every layer, all steered together")
  func noWolfOfAllLayers() throws {
    let lines = try run(
      """
      local vectors = {}
      for i = 1, 60 do
        local one = cast.tensor.randn(width)
        vectors[i] = cast.vector.from(model, {embedding = one, [0] = one, [1] = one})
      end
      -- Questions with the same right answer: what pushes to one token raises all of them.
      local calls = 0
      for _, found in ipairs(cast.evaluate{vectors = vectors, items = questions(8), cost = false,
        scales = {0.3}, controls = {random = 19}, resamples = 10}) do
        calls = calls + (found:table()[1].p_random <= 0.05 and 1 or 0)
      end
      print(calls)
      """)
    #expect(
      try #require(Int(lines[0])) <= Binomial.bound(of: 60, chance: 0.05, risk: 0.01), "\(lines)")
  }

  @Test("shuffled labels: consistent pairs are above them, pairs that differ by chance are not")
  func shuffledLabels() throws {
    let lines = try run(
      """
      local items = questions(8)
      local function p_shuffled(pairs)
        local found = cast.evaluate{train = cast.dataset.pairs(pairs), items = items, cost = false,
          build = {layers = {0}, position = -1}, scales = {0.1}, resamples = 10,
          alternative = "two_sided", controls = {random = 1, shuffled = 39}}
        return found:table()[1].p_shuffled
      end
      -- All differences point the same way: exchanging sides makes the mean short, not other.
      local same = {}
      for i = 1, 24 do
        local start = ids(3)
        same[i] = {{start[1], start[2], start[3], 17}, {start[1], start[2], start[3], 94}}
      end
      print(p_shuffled(same))
      local calls = 0
      for i = 1, 60 do
        local chance = {}
        for j = 1, 8 do chance[j] = {ids(4), ids(4)} end
        if p_shuffled(chance) <= 0.05 then calls = calls + 1 end
      end
      print(calls)
      -- The same where each side ends in an answer, right as often as the other, and nothing else
      -- is to be learnt: the answers themselves must not tell the vector from its controls.
      local balanced = 0
      for i = 1, 60 do
        local chance = {}
        for j = 1, 8 do
          local start, yes = ids(3), j % 2 == 0
          local function side(last) return {start[1], start[2], start[3], last} end
          chance[j] = {positive = side(yes and 17 or 94), negative = side(yes and 94 or 17),
            matching = yes and "Yes" or "No"}
        end
        if p_shuffled(chance) <= 0.05 then balanced = balanced + 1 end
      end
      print(balanced)
      """)
    #expect(lines[0] == "0.025", "above each of 39: \(lines)")
    let bound = Binomial.bound(of: 60, chance: 0.05, risk: 0.01)
    for line in lines[1...2] { #expect(try #require(Int(line)) <= bound, "\(lines)") }
  }

  @Test("what is reported is what the model's own scores give, on the items of the other side")
  func numbers() throws {
    let lines = try run(
      """
      local v = direction()
      local items = questions(12)
      local found = cast.evaluate{vector = v, items = items, controls = {random = 5}, seed = 3,
        scales = {0.5}, steer = {positions = "last_prompt"}, metrics = {"log_odds", "accuracy",
          twice = function(list, steer)
            local out = {}
            for i, item in ipairs(list) do
              local s = model:score({item.prompt}, {{7}, {8}}, {steer = steer})
              out[i] = 2 * (s[1][1] - s[1][2])
            end
            return out
          end}}
      local function odds(item, steer)
        local s = model:score({item.prompt}, {{7}, {8}}, {steer = steer})
        return s[1][1] - s[1][2]
      end
      local sum = 0
      for _, item in ipairs(items) do
        sum = sum + odds(item, {v, scale = 0.5, positions = "last_prompt"}) - odds(item)
      end
      local rows = found:table()
      print(#rows, math.abs(found.effect - sum / 12) < 1e-5, found.scale)
      print(math.abs(rows[3].effect - 2 * rows[1].effect) < 1e-5, rows[3].metric)
      print(math.abs(rows[3].p_random - rows[1].p_random) < 1e-9, rows[1].p >= rows[1].p_raw)
      local json = cast.json.decode(found:json())
      print(#json.controls[1].random, json.zero_scale, json.reported, json.choosing)
      print(json.divergence.kl > 0, json.mass.unsteered > 0)
      """)
    #expect(
      lines == [
        "3\ttrue\t0.5", "true\ttwice", "true\ttrue", "5\t0.0\t12\t0", "true\ttrue",
      ])
  }

  @Test("a recipe's own metric needs no answers, and is asked about the model and each vector once")
  func ownMetric() throws {
    let lines = try run(
      """
      local v, items, calls = direction(), {}, {}
      for i = 1, 6 do items[i] = {prompt = ids(4)} end
      local found = cast.evaluate{vector = v, items = items, controls = {random = 3}, scales = {0.5},
        metrics = {seventh = function(list, steer)
          calls[#calls + 1] = steer and steer.scale or "none"
          local out = {}
          for i, item in ipairs(list) do
            out[i] = model:logprobs(item.prompt, {steer = steer or nil}):sum()
          end
          return out
        end}}
      print(table.concat(calls, " "))
      local function sum(item, steer) return model:logprobs(item.prompt, {steer = steer}):sum() end
      local change = 0
      for _, item in ipairs(items) do
        change = change + (sum(item, {v, scale = 0.5}) - sum(item)) / #items
      end
      print(math.abs(found.effect - change) < 1e-5)
      local json = cast.json.decode(found:json())
      print(json.zero_scale, json.divergence == cast.json.null)
      """)
    #expect(lines == ["none 0.5 0.5 0.5 0.5 0.0", "true", "0.0\ttrue"])
  }

  @Test("items are recognised by what they ask too, whatever else the training pairs are called")
  func trainedItems() throws {
    let lines = try run(
      """
      local rows, items = {}, {}
      local function chat(question, answer)
        return {{role = "user", content = question}, {role = "assistant", content = answer}}
      end
      for i = 1, 10 do
        rows[i] = {positive = chat("ask " .. i, "ab"), negative = chat("ask " .. i, "cd")}
      end
      for i = 1, 18 do
        local spaced = i % 2 == 0 and "Ask  " or "ask "
        items[i] = {prompt = {{role = "user", content = spaced .. i}}, positive = {{7}},
          negative = {{8}}}
      end
      local found = cast.evaluate{train = cast.dataset.pairs(rows), items = items, cost = false,
        build = {layers = {1}}, controls = {random = 3, shuffled = 3}}
      local json = cast.json.decode(found:json())
      print(json.trained, json.reported)
      """)
    #expect(lines == ["10\t8"])
  }

  @Test("controls repeat with the seed, and what the vector was built from is left out")
  func repeated() throws {
    let lines = try run(
      """
      local rows = {}
      for i = 1, 20 do
        rows[i] = {positive = ids(5), negative = ids(5), question = "Q" .. i .. "\\n(A) x\\n(B) y",
          matching = i % 2 == 0 and "(A)" or "(B)", not_matching = i % 2 == 0 and "(B)" or "(A)"}
      end
      local data = cast.dataset.pairs(rows)
      local train = data:take(6)
      local options = {train = train, build = {layers = {0, 1}}, items = cast.questions(data),
        layers = {0, {0, 1}}, scales = {1, 2}, controls = {random = 7, shuffled = 9}, seed = 11}
      local one, two = cast.evaluate(options), cast.evaluate(options)
      print(one:json() == two:json())
      local json = cast.json.decode(one:json())
      print(json.trained, json.choosing + json.reported, #json.settings,
        #json.controls[1].shuffled, #json.orders)
      options.seed = 12
      print(cast.evaluate(options):json() == one:json())
      print(tostring(one):find("left out: 6 questions") ~= nil,
        tostring(one):find("answers in the order given") ~= nil)
      """)
    #expect(lines == ["true", "6\t14\t17\t9\t2", "false", "true\ttrue"])
  }

  @Test(
    "an evaluation that cannot work says why",
    arguments: [
      ("items = questions(6)", "one of vector, vectors and train"),
      ("vector = direction(), items = questions(4)", "at least 5 different items"),
      ("vector = direction(), items = {}", "at least 5 different items"),
      ("vector = direction(), items = questions(9), scale = 2", "did you mean 'scales'"),
      (
        "vector = direction(), items = questions(9), steer = {scale = 2}",
        "give evaluate's own 'scales'"
      ),
      (
        "vector = direction(), items = questions(9), controls = {shuffled = 9}", "only with train"
      ),
      ("vector = direction(), items = questions(9), steer = {unit = 'sigma'}", "use 'norm'"),
      ("vector = direction(), items = questions(9), layers = {7}", "layer 7"),
      ("vector = direction(), items = questions(9), metrics = {'log_ods'}", "did you mean"),
      (
        "vector = direction(), items = questions(9), metrics = {x = function() return {1} end}",
        "returned 1 numbers (expected 9"
      ),
      (
        "vector = direction(), items = {{prompt = 'a', positive = 'b', negative = 'b'}}",
        "not the positive one too"
      ),
    ])
  func mistakes(options: String, part: String) throws {
    let error = try RecipeBench()
      .failure(EvaluationTests.setup + "cast.evaluate{" + options + "}")
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }
}
