import TestSupport
import Testing

@testable import Scripting

@Suite("Vectors where and how they were built")
struct VectorUseTests {
  private let prelude = """
    local rows = {{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}, {{5, 6, 7}, {5, 6, 99}}}
    local data = cast.dataset.pairs(rows)
    local v = cast.vector.build(model, data, {layers = 1})
    local prompt = {10, 20, 30, 40}
    -- What a side's prompts have at layer 1, one row after the other.
    local function side(index)
      local prompts = {}
      for i, pair in ipairs(rows) do prompts[i] = pair[index] end
      return model:activations(prompts, {layers = 1})[1]
    end

    """

  @Test("unit 'norm' adds the scale times the mean length of the activations of both sides")
  func unitNorm() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local sum = 0
          for index = 1, 2 do
            local a = side(index)
            for i = 1, 3 do sum = sum + a[i]:norm() end
          end
          local before = model:activations({prompt}, {layers = 1})[1][1]
          local after = model:activations({prompt}, {layers = 1,
            steer = {v, unit = "norm", scale = 0.5}})[1][1]
          local want = v[1]:scale(0.5 * (sum / 6) / v[1]:norm())
          print(after:sub(before):sub(want):norm() < 1e-4 * want:norm())
          """)
    #expect(lines == ["true"])
  }

  @Test(
    "affine ablation puts the projection where the negative side has its mean, whatever the sign")
  func ablateAffine() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local n, unit = side(2), v[1]:scale(1 / v[1]:norm())
          local mean = (n[1]:dot(unit) + n[2]:dot(unit) + n[3]:dot(unit)) / 3
          for _, w in ipairs{v, -v, v * 3, v:normalize()} do
            local after = model:activations({prompt}, {layers = 1,
              steer = {w, op = "ablate_affine", scale = 0}})[1][1]
            print(math.abs(after:dot(unit) - mean) < 1e-4 * (1 + math.abs(mean)))
          end
          local before = model:activations({prompt}, {layers = 1})[1][1]
          print(math.abs(before:dot(unit) - mean) > 1e-2)
          """)
    #expect(lines == ["true", "true", "true", "true", "true"])
  }

  @Test("separation reads the site and the tokens that the vector was built at")
  func separation() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local w = cast.vector.build(model, data, {layers = 1, site = "mlp"})
          local own, residual = w:separation(model, data)[1], w:separation(model, data,
            {site = "residual"})[1]
          print(own.cohensD == w:separation(model, data, {site = "mlp"})[1].cohensD,
            math.abs(own.cohensD - w.info.separation["1"].cohensD) < 1e-6,
            own.cohensD == residual.cohensD)
          local function say(question, answer)
            return {{role = "user", content = question}, {role = "assistant", content = answer}}
          end
          local chat = cast.dataset.pairs{{say("a", "yes bc"), say("a", "no d")},
            {say("e", "yes f"), say("e", "no gh")}}
          local r = cast.vector.build(model, chat, {layers = 1, position = "response"})
          print(math.abs(r:separation(model, chat)[1].cohensD - r.info.separation["1"].cohensD) < 1e-6)
          """)
    #expect(lines == ["true\ttrue\tfalse", "true"])
  }

  @Test(
    "a vector that does not fit is refused",
    arguments: [
      (
        "cast.vector.join{}",
        "at least one"
      ),
      (
        "cast.vector.build(model, data, {method = 'cross_covariance_debias'})",
        "got no reference"
      ),
      ("h:separation(model, data)", "one direction a layer expected"),
      ("model:forward(prompt, {steer = {v, when = {h, 1, above = 0}}})", "attention heads"),
      (
        "model:forward(prompt, {steer = {h:at(0) + h:at(0), op = 'ablate', everywhere = true}})",
        "everywhere"
      ),
      (
        "cast.evaluate{vector = v, items = items, steer = {op = 'ablate_affine'}}",
        "no such place"
      ),
      (
        "cast.evaluate{train = five, build = {method = 'iti', heads = 1}, items = items}",
        "among the heads of all layers"
      ),
    ])
  func refused(source: String, part: String) throws {
    let heads = """
      local more = {}
      for i = 1, 12 do more[i] = {{i, i + 1, 9}, {i, i + 1, 99}} end
      local five = cast.dataset.pairs(more)
      local h = cast.vector.build(model, five, {method = "iti", heads = 1})
      local items = {}
      for i = 1, 6 do items[i] = {prompt = {i, 5}, positive = {{7}}, negative = {{8}}} end

      """
    let error = try RecipeBench().failure(prelude + heads + source)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test("a text's perplexity is that of each sweep's vector and of what is switched on")
  func textPerplexity() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local text = "the cat sat on the mat"
          local m = cast.metrics.text_perplexity(text, {context = 8, stride = 4})
          local function swept(vector)
            return cast.sweep{vector = vector, grid = {scale = {6}}, prompts = {"a", "b"},
              generate = false, metrics = {m}}:table()[1]["text_perplexity.perplexity"]
          end
          local function alone(vector)
            return model:perplexity(text, {context = 8, stride = 4,
              steer = {vector, scale = 6}}).perplexity
          end
          local one, other = swept(v), swept(v * 3)
          print(math.abs(one / alone(v) - 1) < 1e-6, math.abs(other / alone(v * 3) - 1) < 1e-6)
          local handle <close> = model:steer(v, {scale = 4})
          print(math.abs(swept(v) / alone(v) - 1) < 1e-6, math.abs(swept(v) - one) > 1e-3)
          """)
    #expect(lines == ["true\ttrue", "true\ttrue"])
  }

  @Test("refusal odds count a token once")
  func refusalOdds() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local once = cast.metrics.refusal_odds({"a"})({prompt = prompt})
          print(once == cast.metrics.refusal_odds({"a", "a"})({prompt = prompt}))
          print(once < cast.metrics.refusal_odds({"a", "b"})({prompt = prompt}))
          """)
    #expect(lines == ["true", "true"])
  }
}
