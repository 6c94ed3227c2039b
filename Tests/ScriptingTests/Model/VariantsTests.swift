import Testing

@testable import Scripting

@Suite("Recipes that score variants of steering")
struct VariantsTests {
  private let prelude = """
    local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
    local v = cast.vector.build(model, data, {layers = {0, 1}})
    local prompts, completions = {{10, 20, 30, 40}, {10, 20, 31}}, {{65}, {66, 67}}
    local function same(a, b) return a:sub(b):norm() == 0 end

    """

  @Test("a list of variants gives a list of scores, each as in a call of its own")
  func variants() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local variants = {
            {v, scale = 2, layers = 1}, false,
            {{v, scale = 1, layers = 0}, {v, scale = 3, layers = 1}},
            {v, scale = 0}, {v, scale = 4, positions = "response"}, v,
            {v, positions = {-2}}, {v, layers = 1, scale = function(step) return 1 + step end},
          }
          local all = model:score(prompts, completions, {variants = variants})
          print(#all, all[1].shape[1], all[1].shape[2])
          local equal = 0
          for i, variant in ipairs(variants) do
            local alone = model:score(prompts, completions, {steer = variant or nil})
            if same(all[i], alone) then equal = equal + 1 end
          end
          print(equal, same(all[2], all[4]), same(all[1], all[2]))
          local both = model:score(prompts, completions,
            {steer = {v, scale = 1, layers = 0}, variants = {{v, scale = 3, layers = 1}, false}})
          print(same(both[1], all[3]), same(both[2], all[2]))
          do
            local h <close> = model:steer(v, {scale = 1, layers = 0})
            local held = model:score(prompts, completions, {variants = {{v, scale = 3, layers = 1}}})
            print(same(held[1], all[3]), h.effect[0].rows > 0)
          end
          """)
    #expect(lines == ["8\t2\t2", "8\ttrue\tfalse", "true\tfalse", "true\ttrue"])
  }

  @Test("hooks of the recipe act in every variant, after its steering")
  func hooks() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local calls = 0
          cast.on_layer(1, function(ctx) calls = calls + 1 ctx.hidden:scale_(1.5) end)
          local all = model:score(prompts, completions, {variants = {{v, layers = 1}, false}})
          print(calls)
          print(same(all[1], model:score(prompts, completions, {steer = {v, layers = 1}})))
          print(same(all[2], model:score(prompts, completions)), same(all[1], all[2]))
          """)
    // Two variants, two completions, two prompts; and the rest of the longer completion.
    #expect(lines == ["12", "true", "true\tfalse"])
  }

  @Test("the check of what is shared finds nothing, in scores, activations and texts")
  func checked() throws {
    let source =
      prelude + """
        local a = model:score(prompts, completions, {variants = {{v, layers = 1, scale = 2}, false}})
        local g = model:generate_batch{{prompts[1], max_tokens = 3},
          {prompts[1], max_tokens = 3, steer = {v, positions = "response"}}}
        print(a[1]:norm(), a[2]:norm(), g[1].text, g[2].text, g[2].stats.steering[1][1].rows)
        """
    let plain = try RecipeBench().run(source)
    #expect(try RecipeBench(checksSharing: true).run(source) == plain)
  }

  @Test(
    "wrong variants are refused by name and place",
    arguments: [
      ("{}", "'variants' to 'score' (at least one variant expected, got an empty list)"),
      ("{true}", "'variants[1]' to 'score' (a steering, a list of them or false expected"),
      ("{v, 3}", "'variants[2]' to 'score' (table expected, got number)"),
      ("{v, scale = 2}", "'variants' to 'score' (list expected, got a table with names or holes)"),
      ("{{v, scael = 2}}", "did you mean 'scale'?"),
      ("{{v, layers = 7}}", "layer 7"),
      ("{{v}, {v, positions = {99}}}", "covered no token"),
      ("3", "'variants' to 'score' (table expected, got number)"),
    ])
  func mistakes(variants: String, part: String) throws {
    let error = try RecipeBench()
      .failure(prelude + "model:score(prompts, {{65}}, {variants = \(variants)})")
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }
}
