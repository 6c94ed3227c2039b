import TestSupport
import Testing

@testable import Scripting

@Suite("Metrics of answers")
struct AnswerMetricsTests {
  private static let vector = """
    local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
    local v = cast.vector.build(model, data, {layers = {0, 1}})
    local function near(a, b, tolerance) return math.abs(a - b) < (tolerance or 1e-6) end
    local function p(prompt, answer, opts)
      return math.exp(model:score({prompt}, {answer}, opts)[1][1])
    end

    """

  private func run(_ source: String) throws -> [String] {
    try RecipeBench().run(AnswerMetricsTests.vector + source)
  }

  @Test("probability is a share of two, spellings added, with what steers")
  func probability() throws {
    let lines = try run(
      """
      local m = cast.metrics.probability({{3}, {4}}, {{5}}, {steer = {v, scale = 5}})
      local s = m({prompt = {10, 20}})
      local steer = {steer = {v, scale = 5}}
      local up = p({10, 20}, {3}, steer) + p({10, 20}, {4}, steer)
      local down = p({10, 20}, {5}, steer)
      print(near(s.p, up / (up + down)), near(s.mass, up + down))
      print(near(s.mass, cast.metrics.probability({{3}, {4}}, {{5}})({prompt = {10, 20}}).mass))
      """)
    #expect(lines == ["true\ttrue", "false"])
  }

  @Test("a choice is the mean of both orders")
  func choice() throws {
    let lines = try run(
      """
      local item = {prompt = {10, 20}, positive = {{3}}, negative = {{4}},
        swapped = {prompt = {11, 21}, positive = {{4}}, negative = {{3}}}}
      local found = cast.metrics.choice()(item)
      local function share(prompt, a, b)
        return p(prompt, a) / (p(prompt, a) + p(prompt, b)) end
      print(near(found.p, (share({10, 20}, {3}, {4}) + share({11, 21}, {4}, {3})) / 2))
      local function odds(prompt, a, b) return math.log(p(prompt, a) / p(prompt, b)) end
      print(near(found.log_odds, (odds({10, 20}, {3}, {4}) + odds({11, 21}, {4}, {3})) / 2, 1e-4))
      local report = cast.sweep{vector = v, grid = {scale = {0, 6}}, prompts = {item},
        generate = {max_tokens = 1}, metrics = {"choice"}}
      local rows = report:table()
      print(near(rows[1]["choice.p"], found.p), near(rows[2]["choice.p"], found.p))
      """)
    #expect(lines == ["true", "true", "true\tfalse"])
  }

  @Test("divergence and refusal odds follow from the logits")
  func logits() throws {
    let lines = try run(
      """
      local steer = {v, scale = 6}
      local base = model:forward({10, 20}):log_softmax()[1]:totable()
      local moved = model:forward({10, 20}, {steer = steer}):log_softmax()[1]:totable()
      local kl = 0
      for i = 1, #base do kl = kl + math.exp(base[i]) * (base[i] - moved[i]) end
      local found = cast.metrics.divergence("answer", {steer = steer})({prompt = {10, 20}})
      print(near(found.kl, kl, 1e-4), kl > 1e-3)
      local sample = {prompt = {10, 20}, text = "x", tokens = {7, 8, 9}}
      local over = cast.metrics.divergence("output", {steer = steer})(sample)
      print(near(over.kl, kl, 1e-4), cast.metrics.divergence("output", {steer = steer})(
        {prompt = {10, 20}, tokens = {}}))
      local one = model:tokenize("a")
      local pr = math.exp(base[one[1] + 1])
      print(#one, near(cast.metrics.refusal_odds({"a"})({prompt = {10, 20}}),
        math.log(pr / (1 - pr)), 1e-4))
      print(near(model:divergence({10, 20}, {steer = steer}).kl, found.kl, 1e-9))
      """)
    #expect(lines == ["true\ttrue", "false\tnil", "1\ttrue", "true"])
  }

  @Test("log-odds and refusal odds of a sweep are those of each prompt alone")
  func sweptOdds() throws {
    let lines = try run(
      """
      local positive = function(sample) return sample.params.scale > 0 and {7, 9} or {8} end
      local report = cast.sweep{vector = v, grid = {scale = {0, 2, 6}}, generate = false,
        prompts = {{10, 20}, {10, 21, 5}, {4}}, metrics = {cast.metrics.log_odds({7, 9}, {8}),
          cast.metrics.refusal_odds({"a", "b"}), chosen = cast.metrics.log_odds(positive, {3})}}
      local rows = report:table{per_prompt = true}
      local same, changed = 0, 0
      for i, row in ipairs(rows) do
        local prompt = ({{10, 20}, {10, 21, 5}, {4}})[(i - 1) % 3 + 1]
        local steer = {v, scale = row.scale}
        local function odds(positive, negative)
          local s = model:score({prompt}, {positive, negative}, {steer = steer})
          return s[1][1] - s[1][2]
        end
        local refusal = cast.metrics.refusal_odds({"a", "b"}, {steer = steer})({prompt = prompt})
        if near(row.log_odds, odds({7, 9}, {8}), 1e-6) and near(row.refusal_odds, refusal, 1e-9)
          and near(row.chosen, odds(row.scale > 0 and {7, 9} or {8}, {3}), 1e-6)
        then same = same + 1 end
        if math.abs(row.log_odds - rows[(i - 1) % 3 + 1].log_odds) > 1e-3 then
          changed = changed + 1
        end
      end
      print(#rows, same, changed)
      """)
    #expect(lines == ["9\t9\t6"])
  }

  @Test("perplexity of a text is that of the steered model, and counts once for each point")
  func textPerplexity() throws {
    let lines = try run(
      """
      local text = "the cat sat on the mat and the dog too"
      local m = cast.metrics.text_perplexity(text, {context = 8, stride = 4})
      local report = cast.sweep{vector = v, grid = {scale = {0, 6}}, prompts = {"a", "b"},
        generate = {max_tokens = 1}, metrics = {m}}
      for i, row in ipairs(report:table()) do
        local want = model:perplexity(text, {context = 8, stride = 4,
          steer = {v, scale = row.scale}})
        print(near(row["text_perplexity.perplexity"] / want.perplexity, 1),
          near(row["text_perplexity.nll"], want.nll))
      end
      """)
    #expect(lines == ["true\ttrue", "true\ttrue"])
  }

  private struct Recorded: Decodable {
    let texts: [String]
    let lzw: [Double]
  }

  @Test("compression is LZW's as written a second time in Python, exactly")
  func compression() throws {
    let golden = try Golden.recorded("statistics.json", as: Recorded.self)
    for (text, share) in zip(golden.texts, golden.lzw) {
      let found = try #require(LZW.share(of: Array(text.utf8)))
      #expect(abs(found - share) < 1e-12, "\(text)")
    }
    #expect(LZW.share(of: []) == nil)
    #expect(try RecipeBench().run("print(cast.metrics.compression()({text = ''}))") == ["nil"])
  }

  @Test("a judge's rating is the expectation over its digits, unsteered whatever is on")
  func judge() throws {
    let lines = try run(
      """
      local m = cast.metrics.judge("care", {scale = {1, 3}, instruction = "{prompt}: {text} {criterion}"})
      local h <close> = model:steer(v, {scale = 30})
      local found = m({prompt = "Q {text}", text = "A"})
      h:close()
      local sum, mass = 0, 0
      for i = 1, 3 do
        local chance = p({{role = "user", content = "Q {text}: A care"}}, tostring(i))
        sum, mass = sum + i * chance, mass + chance
      end
      print(near(found.rating, sum / mass), near(found.mass / mass, 1))
      """)
    #expect(lines == ["true\ttrue"])
  }

  @Test(
    "wrong metrics say what is wrong",
    arguments: [
      ("cast.metrics.probability('a', 'a')", "not the positive one too"),
      ("cast.metrics.choice()({prompt = 'a'})", "positive"),
      ("cast.metrics.divergence('outptu')", "did you mean 'output'"),
      ("cast.metrics.judge('x', {scale = {3, 1}})", "two digits"),
      ("cast.metrics.judge('x', {instruction = 'no'})", "{text}"),
      ("cast.metrics.text_perplexity()", "bad argument #1 'text'"),
      ("cast.metrics.refusal_odds({'I am'})", "one token each"),
      (
        "cast.sweep{prompts = {'a'}, metrics = {cast.metrics.divergence()}, run = function() "
          + "return 'x' end}", "divergence does not know how run steers"
      ),
    ])
  func mistakes(source: String, part: String) throws {
    let error = try RecipeBench().failure(source)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }
}
