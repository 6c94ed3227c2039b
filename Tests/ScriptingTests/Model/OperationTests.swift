import Testing

@testable import Scripting

@Suite("Declared hooks")
struct OperationTests {
  private let prelude = """
    local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
    local v = cast.vector.build(model, data, {layers = {0, 1}})
    local prompt = {10, 20, 30, 40}
    local function all(options) return model:forward(prompt, {rows = "all", steer = options}) end
    local function same(a, b) return a:sub(b):norm() == 0 end

    """

  @Test(
    "an operation does what steering with its operator does",
    arguments: [
      ("cast.ops.add(v, 3)", "{v, layers = 1, scale = 3}"),
      ("cast.ops.add(v)", "{v, layers = 1}"),
      ("cast.ops.add(v[1], 3)", "{v, layers = 1, scale = 3}"),
      (
        "cast.ops.add(v, 3, {positions = 'last_prompt'})",
        "{v, layers = 1, scale = 3, positions = 'last_prompt'}"
      ),
      (
        "cast.ops.add(v, 1, {unit = 'norm', except_bos = true})",
        "{v, layers = 1, unit = 'norm', except_bos = true}"
      ),
      ("cast.ops.add_keep_norm(v, 3)", "{v, layers = 1, scale = 3, op = 'add_keep_norm'}"),
      ("cast.ops.ablate(v)", "{v, layers = 1, op = 'ablate'}"),
      ("cast.ops.ablate_add(v, 2)", "{v, layers = 1, op = 'ablate_add', scale = 2}"),
      ("cast.ops.clamp(v, {target = 2})", "{v, layers = 1, op = 'clamp', target = 2}"),
      ("cast.ops.clamp(v, {min = 2})", "{v, layers = 1, op = 'clamp', min = 2}"),
      ("cast.ops.rotate(v, 30)", "{v, layers = 1, op = 'rotate', angle = 30}"),
      ("cast.ops.rotate(v, {to = 30})", "{v, layers = 1, op = 'rotate', to = 30}"),
      ("cast.ops.gate(v, 2, {above = 0})", "{v, layers = 1, op = 'gate', scale = 2, above = 0}"),
      ("cast.ops.scale(v, 0)", "{v, layers = 1, op = 'scale', scale = 0}"),
      ("cast.ops.add(v, function(step) return 3 end)", "{v, layers = 1, scale = 3}"),
    ])
  func twins(operation: String, steering: String) throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local want = all(\(steering))
          local h = cast.on_layer(1, \(operation))
          print(same(all(), want), h.effect[1].rows > 0)
          h:remove()
          print(same(all(), want))
          """)
    #expect(lines == ["true\ttrue", "false"])
  }

  @Test("scale without a vector multiplies the whole row")
  func wholeRow() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local h = cast.on_layer({0, 1}, cast.ops.scale(1.5))
          local declared = all()
          h:remove()
          cast.on_layer({0, 1}, function(ctx) ctx.hidden:scale_(1.5) end)
          print(declared:sub(all()):norm() < 1e-4)
          """)
    #expect(lines == ["true"])
  }

  @Test("operations and functions take turns by priority, then registration; false skips both")
  func composition() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local v1 = v[1]
          local function double(ctx) ctx.hidden:scale_(2) end
          local function hooked(...)
            local handles = {}
            for _, hook in ipairs{...} do
              handles[#handles + 1] = cast.on_layer(1, hook[1], {priority = hook[2]})
            end
            local out = all()
            for _, h in ipairs(handles) do h:remove() end
            return out
          end
          local function by_hand(fn)
            local h <close> = cast.on_layer(1, fn)
            return all()
          end
          local add = cast.ops.add(v, 4)
          local add_then_double = by_hand(function(ctx)
            for i = 1, #ctx.positions do ctx.hidden:row(i):axpy_(4, v1) end
            ctx.hidden:scale_(2)
          end)
          local double_then_add = by_hand(function(ctx)
            ctx.hidden:scale_(2)
            for i = 1, #ctx.positions do ctx.hidden:row(i):axpy_(4, v1) end
          end)
          print(same(hooked({add, 50}, {double, 50}), add_then_double),
            same(hooked({double, 50}, {add, 50}), double_then_add))
          print(same(hooked({double, 60}, {add, 40}), add_then_double),
            same(hooked({add, 60}, {double, 40}), double_then_add))
          print(same(add_then_double, double_then_add))
          local stop = function() return false end
          print(same(hooked({add, 40}, {stop, 50}, {add, 60}), hooked({add, 40})),
            same(hooked({stop, 10}, {add, 60}), all()))
          """)
    #expect(lines == ["true\ttrue", "true\ttrue", "false", "true\ttrue"])
  }

  @Test("a handle switches, and closes; all names the layers that the vector has")
  func handles() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local plain, want = all(), all{v, scale = 3}
          do
            local h <close> = cast.on_layer("all", cast.ops.add(v, 3))
            print(same(all(), want), h.enabled)
            h.enabled = false
            print(same(all(), plain), h.enabled)
            h.enabled = true
            print(same(all(), want))
          end
          print(same(all(), plain))
          local one = v:at(1)
          local h <close> = cast.on_layer("all", cast.ops.add(one, 3))
          print(same(all(), all{v, scale = 0, layers = 1}), same(all(), plain))
          """)
    #expect(
      lines == ["true\ttrue", "true\tfalse", "true", "true", "true\tfalse"])
  }

  @Test("rows of a batch and of a scoring are steered alike, shared prefix or not")
  func batches() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local prompts = {{10, 20, 30, 40}, {10, 20, 30, 41}, {10, 20, 31}}
          local want = model:score(prompts, {{1, 2}, {3}}, {steer = {v, scale = 3}})
          local text = model:generate(prompt, {max_tokens = 5, steer = {v, scale = 3}}).text
          cast.on_layer({0, 1}, cast.ops.add(v, 3))
          print(same(model:score(prompts, {{1, 2}, {3}}), want))
          print(model:generate_batch{{prompt, max_tokens = 5}, {{7}, max_tokens = 2}}[1].text == text)
          """)
    #expect(lines == ["true", "true"])
  }

  @Test("what is shared under operations and conditions is what each sequence gets alone")
  func sharing() throws {
    let lines = try RecipeBench(checksSharing: true)
      .run(
        prelude + """
          local prompts = {{10, 20, 30, 40}, {10, 20, 30, 41}, {10, 20, 31}}
          local here = {}
          for i, p in ipairs(prompts) do
            here[i] = model:activations({p}, {layers = 1})[1][1]:cosine(v[1])
          end
          local middle = (math.max(table.unpack(here)) + math.min(table.unpack(here))) / 2
          local when = {v, 1, above = middle}
          local steer = {v, scale = 9, layers = 1, when = when}
          local scores = model:score(prompts, {{1, 2}, {3}}, {variants = {false, steer}})
          local plain = model:score(prompts, {{1, 2}, {3}})
          local always = model:score(prompts, {{1, 2}, {3}}, {steer = {v, scale = 9, layers = 1}})
          for i = 1, 3 do
            local want = here[i] > middle and always or plain
            assert(scores[2][i][1] == want[i][1] and scores[1][i][1] == plain[i][1])
          end
          local h <close> = cast.on_layer(1, cast.ops.add(v, 9, {when = when}))
          local hooked = model:score(prompts, {{1, 2}, {3}})
          print(same(hooked, scores[2]), h.effect.when.held + h.effect.when.refused)
          local rows = model:generate_batch{{prompts[1], max_tokens = 3}, {prompts[2], max_tokens = 3}}
          print(rows[1].text == model:generate(prompts[1], {max_tokens = 3}).text)
          h.enabled = false
          local d <close> = cast.on_layer(1, cast.ops.add(v, 9))
          print(same(model:score(prompts, {{1, 2}, {3}}), always), d.effect[1].rows > 0)
          """)
    #expect(lines == ["true\t3", "true", "true\ttrue"])
  }

  @Test("a condition decides for an operation too")
  func conditions() throws {
    let lines = try RecipeBench()
      .run(
        prelude + """
          local plain, want = all(), all{v, scale = 3, layers = 1}
          local on = cast.on_layer(1, cast.ops.add(v, 3, {when = {v, 1, above = -2}}))
          print(same(all(), want))
          on:remove()
          local off = cast.on_layer(1, cast.ops.add(v, 3, {when = {v, 1, above = 2}}))
          print(same(all(), plain), off.effect.when.refused)
          """)
    #expect(lines == ["true", "true\t1"])
  }

  @Test(
    "wrong operations say what is wrong",
    arguments: [
      ("cast.ops.add()", "bad argument #1 'vector' to 'add'"),
      ("cast.ops.add({1, 2})", "vector, or tensor of shape [d_model] expected, got table"),
      ("cast.ops.add(cast.tensor.zeros(4))", "finite and not zero"),
      ("cast.ops.add(v, 'much')", "table expected, got string"),
      ("cast.ops.add(v, 1, {scale = 2})", "'scale' is given already"),
      ("cast.ops.add(v, 1, {layers = 2})", "unknown option 'layers' to 'add'"),
      ("cast.ops.add(v, 1, {positons = 'all'})", "did you mean 'positions'?"),
      ("cast.ops.ablate(v, 2)", "table expected, got number"),
      ("cast.ops.clamp(v)", "needs target, min or max"),
      ("cast.ops.rotate(v)", "needs angle or to"),
      ("cast.ops.gate(v, 2)", "needs above or below"),
      ("cast.ops.scale(v)", "'scale' to 'scale' (number expected"),
      ("cast.ops.adds(v)", "did you mean 'add'?"),
      ("cast.on_layer(1, 3)", "function or cast.ops.… expected, got number"),
      ("cast.on_layer(1, cast.ops.add(v:at(0)))", "the vector has no layer 1; it has 0"),
      ("cast.on_layer(7, cast.ops.add(v[1])) all()", "layer 7 does not exist"),
      (
        "cast.on_layer(1, cast.ops.add(cast.tensor.ones(3))) all()",
        "the vector is 3 wide"
      ),
      (
        "cast.on_layer(1, cast.ops.add(v, 1e38)) all()",
        "in the on_layer hook registered at recipe.lua:7, layer 1, prefill, step 0, row 0"
      ),
    ])
  func mistakes(source: String, part: String) throws {
    let error = try RecipeBench().failure(prelude + source)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test("a declared hook that fails is switched off where the run says so")
  func disabled() throws {
    let bench = try RecipeBench(disablesFailingHooks: true)
    let lines = try bench.run(
      prelude + """
        local plain = all()
        local h = cast.on_layer(1, cast.ops.add(v, 1e38))
        print(same(all(), plain), h.enabled)
        """)
    #expect(lines == ["true\tfalse"])
    #expect(bench.host.disabledHooks.count == 1)
    #expect(bench.host.disabledHooks.first?.contains("not finite") == true)
  }

  @Test("a profile counts the calls of every hook, and none where none is taken")
  func profile() throws {
    let bench = try RecipeBench(profiles: true)
    _ = try bench.run(
      prelude + """
        cast.on_layer({0, 1}, cast.ops.add(v, 1))
        cast.on_layer(1, function() end)
        model:generate(prompt, {max_tokens = 3})
        """)
    let times = bench.host.callbackTimes
    #expect(
      Set(times.map { "\($0.kind) \($0.place) \($0.calls)" }) == [
        "on_layer, declared recipe.lua:7 6", "on_layer recipe.lua:8 3",
      ])
    #expect(times.allSatisfy { $0.seconds > 0 })
    let plain = try RecipeBench()
    _ = try plain.run("cast.on_layer(1, function() end) model:forward({1, 2})")
    #expect(plain.host.callbackTimes.isEmpty)
  }
}
