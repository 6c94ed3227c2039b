import Testing

@testable import Scripting

@Suite("Metrics")
struct MetricTests {
  @Test("the metrics of texts count what they say")
  func texts() throws {
    let lines = try RecipeBench()
      .run(
        """
        local m = cast.metrics
        local s = {text = "the cat the cat", tokens = {1, 2, 1, 2}}
        print(m.length()(s), m.distinct()(s), m.distinct(1)(s), m.distinct{n = 1, over = "words"}(s))
        print(m.repetition(2)(s), m.repetition()(s), m.repetition(5)(s))
        print(m.contains("CAT")(s), m.contains({"dog", "cow"})(s),
          m.contains("CAT", {case_sensitive = true})(s), m.contains("cat", {at_start = true})(s),
          m.contains{phrases = "The", at_start = true}(s))
        print(m.refusal()({text = "No. I'm sorry, but no."}), m.refusal()({text = "Of course."}))
        print(m.length{name = "len"}.name, m.refusal())
        """)
    #expect(
      lines == [
        "4\t0.66666666666667\t0.5\t0.5", "0.33333333333333\t0.0\tnil", "1\t0\t0\t0\t1", "1\t0",
        "len\tmetric refusal",
      ])
  }

  @Test("perplexity is that of the unsteered model, whatever is switched on")
  func perplexity() throws {
    let lines = try RecipeBench()
      .run(
        """
        local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
        local v = cast.vector.build(model, data, {layers = {0, 1}})
        local tokens = {3, 4, 5}
        local want = math.exp(-model:score({{10, 20}}, {tokens})[1][1] / 3)
        local s = {prompt = {10, 20}, text = "", tokens = tokens}
        local h <close> = model:steer(v, {scale = 30})
        cast.on_layer(1, function(ctx) ctx.hidden:scale_(2) end)
        print(math.abs(cast.metrics.perplexity()(s) / want - 1) < 1e-6,
          math.abs(cast.metrics.perplexity(model)(s) / want - 1) < 1e-6)
        print(cast.metrics.perplexity()({prompt = "a", text = "", tokens = {}}))
        """)
    #expect(lines == ["true\ttrue", "nil"])
  }

  @Test("log odds are the difference of two scores, with what steers")
  func logOdds() throws {
    let lines = try RecipeBench()
      .run(
        """
        local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
        local v = cast.vector.build(model, data, {layers = {0, 1}})
        local function odds(opts)
          local s = model:score({{10, 20}}, {{3, 4}, {5}}, opts)
          return s[1][1] - s[1][2]
        end
        local s = {prompt = {10, 20}, params = {scale = 7}}
        local function near(a, b) return math.abs(a - b) < 1e-9 end
        local m = cast.metrics.log_odds
        print(near(m({3, 4}, {5})(s), odds()))
        print(near(m({3, 4}, {5}, {steer = {v, scale = 7}})(s), odds{steer = {v, scale = 7}}))
        print(near(m({3, 4}, {5}, {steer = function(p) return {v, scale = p.scale} end})(s),
          odds{steer = {v, scale = 7}}))
        print(near(m(function(s) return {3, 4} end, {5})(s), odds()))
        local h <close> = model:steer(v, {scale = 7})
        print(near(m({3, 4}, {5})(s), odds()))
        """)
    #expect(lines == ["true", "true", "true", "true", "true"])
  }

  @Test(
    "wrong metrics say what is wrong",
    arguments: [
      ("cast.metrics.contains()", "bad argument #1 'phrases' to 'contains'"),
      ("cast.metrics.contains{}", "bad argument #1 'phrases' to 'contains'"),
      ("cast.metrics.contains('')", "at least one phrase expected"),
      ("cast.metrics.distinct(0)", "integer from 1 to 100 expected, got 0"),
      ("cast.metrics.distinct{m = 2}", "unknown option 'm'"),
      ("cast.metrics.distinct(2, 3)", "at most 1 arguments"),
      ("cast.metrics.log_odds('a')", "bad argument #2 'negative' to 'log_odds'"),
      ("cast.metrics.lenght()", "did you mean 'length'?"),
      ("cast.metrics.length()({text = 'a'})", "the sample has no tokens"),
      ("cast.metrics.refusal()({})", "bad value for the sample's text"),
      ("cast.metric('', print)", "a name of 1 to 100 bytes"),
      ("cast.metric('a')", "function expected"),
      ("cast.metric('a', print, {aggregate = 'average'})", "'mean', 'median'"),
    ])
  func mistakes(source: String, part: String) throws {
    let error = try RecipeBench().failure(source)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test("a recipe's metric may use others, and has the time of a metric")
  func composed() throws {
    let bench = try RecipeBench(profiles: true)
    let lines = try bench.run(
      """
      local length = cast.metrics.length()
      local m = cast.metric("half", function(s) return length(s) / 2 end)
      print(m.name, m({tokens = {1, 2, 3, 4}}))
      """)
    #expect(lines == ["half\t2.0"])
    #expect(
      bench.host.callbackTimes.map { "\($0.kind) \($0.place) \($0.calls)" }.sorted()
        == ["metric half 1", "metric length 1"])
  }
}
