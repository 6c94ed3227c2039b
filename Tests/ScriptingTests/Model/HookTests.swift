import Testing

@testable import Scripting

@Suite("Hooks of a recipe")
struct HookTests {
  @Test("on_layer sees phase, step, row, positions and shape of each sequence separately")
  func layerContext() throws {
    let lines = try RecipeBench()
      .run(
        """
        local seen = {}
        cast.on_layer(1, function(ctx)
          ctx.state.calls = (ctx.state.calls or 0) + 1
          seen[#seen + 1] = ("%d %s %d %d-%d %dx%d %d"):format(ctx.row, ctx.phase, ctx.step,
            ctx.positions[1], ctx.positions[#ctx.positions], ctx.hidden.shape[1],
            ctx.hidden.shape[2] // model.d_model, ctx.state.calls)
        end)
        model:generate_batch{{{10, 20, 30}, max_tokens = 2}, {{40}, max_tokens = 3}}
        for _, line in ipairs(seen) do print(line) end
        """)
    #expect(
      lines == [
        "0 prefill 0 0-2 3x1 1", "1 prefill 0 0-0 1x1 1", "0 decode 1 3-3 1x1 2",
        "1 decode 1 1-1 1x1 2", "1 decode 2 2-2 1x1 3",
      ])
  }

  @Test("priority orders hooks, false skips the rest, a tensor replaces, removing ends it")
  func composition() throws {
    let lines = try RecipeBench()
      .run(
        """
        local order = {}
        local function note(name, answer)
          return function(ctx) order[#order + 1] = name return answer end
        end
        local late = cast.on_layer(0, note("late"), {priority = 90})
        cast.on_layer(0, note("middle"))
        local stop = cast.on_layer(0, note("early", false), {priority = 10})
        model:forward({10})
        print(table.concat(order, " "))
        stop.enabled = false
        order = {}
        model:forward({10})
        print(table.concat(order, " "), stop.enabled)
        late:remove() late:remove()
        order = {}
        local plain = model:forward({10})
        print(table.concat(order, " "))
        local r = cast.on_layer(1, function(ctx) return ctx.hidden:scale(2) end)
        local a = model:forward({10, 20})
        r:remove()
        cast.on_layer(1, function(ctx) ctx.hidden:scale_(2) end)
        print(a:sub(model:forward({10, 20})):norm())
        """)
    #expect(lines == ["early", "middle late\tfalse", "middle", "0.0"])
  }

  @Test("on_token biases, reads the top, forbids and stops")
  func tokenHooks() throws {
    let lines = try RecipeBench()
      .run(
        """
        local plain = model:generate({10, 20}, {max_tokens = 3})
        local h = cast.on_token(function(ctx)
          local ids, p = ctx:top(2)
          if ctx.step == 0 then assert(ids[1] == plain.tokens[1] and p[1] >= p[2] and ctx.token == nil) end
          if ctx.step == 1 then ctx:bias(65, 1000) end
          if ctx.step == 2 then assert(ctx.token == 65) ctx.logits:fill_(-math.huge) ctx.logits[67] = 0 end
          if ctx.step == 3 then ctx:stop("enough") end
        end)
        local out = model:generate({10, 20}, {max_tokens = 9})
        print(out.tokens[2], out.tokens[3], #out.tokens, out.stop_reason)
        h:remove()
        print(model:generate({10, 20}, {max_tokens = 3}).text == plain.text)
        """)
    #expect(lines == ["65\t66\t3\tenough", "true"])
  }

  @Test("on_vector_build sees every layer and replaces its direction")
  func buildHook() throws {
    let lines = try RecipeBench()
      .run(
        """
        local data = cast.dataset.pairs{{{10, 20}, {11, 21}}, {{30}, {31}}}
        local layers = {}
        local h = cast.on_vector_build(function(ctx)
          layers[#layers + 1] = ctx.layer
          assert(ctx.diffs:sub(ctx.positive:sub(ctx.negative)):norm() == 0)
          if ctx.layer == 1 then return ctx.vector:scale(2) end
        end)
        local twice = cast.vector.build(model, data, {layers = {1, 0}})
        h:remove()
        local once = cast.vector.build(model, data, {layers = {1, 0}})
        print(table.concat(layers, " "))
        print(twice[1]:sub(once[1]:scale(2)):norm(), twice[0]:sub(once[0]):norm())
        """)
    #expect(lines == ["0 1", "0.0\t0.0"])
  }

  @Test(
    "a failing hook names itself, where it was registered, and where the run stood",
    arguments: [
      ("cast.on_layer(1, function(ctx) error('oops') end) model:forward({10, 20})", "oops"),
      ("cast.on_layer(1, function(ctx) return 'x' end) model:forward({10, 20})", "returned string"),
      (
        "cast.on_layer(1, function(ctx) return ctx.hidden:row(1) end) model:forward({10, 20})",
        "returned shape"
      ),
      (
        "cast.on_layer(1, function(ctx) ctx.hidden:fill_(0/0) end) model:forward({10, 20})",
        "not finite"
      ),
      (
        "cast.on_layer(1, function(ctx) model:forward({1}) end) model:forward({10, 20})",
        "cannot be called in an on_layer hook"
      ),
    ])
  func failures(source: String, part: String) throws {
    let error = try #require(try RecipeBench().failure(source))
    #expect(error.description.contains(part), "\(error.description)")
    #expect(
      error.description.contains(
        "in the on_layer hook registered at recipe.lua:2, layer 1, prefill, step 0, row 0"),
      "\(error.description)")
  }

  @Test("where a long prompt is cut does not depend on its neighbours")
  func cuts() throws {
    let lines = try RecipeBench()
      .run(
        """
        local function prompt(n, start)
          local ids = {}
          for i = 1, n do ids[i] = (start + i * 7) % 200 end
          return ids
        end
        local seen = {}
        cast.on_layer(1, function(ctx)
          if ctx.phase == "prefill" then
            seen[ctx.row] = (seen[ctx.row] or "") .. ctx.hidden.shape[1] .. " "
          end
        end)
        model:generate_batch{{prompt(200, 1), max_tokens = 1}, {prompt(200, 2), max_tokens = 1},
          {prompt(200, 3), max_tokens = 1}, {prompt(600, 4), max_tokens = 1}}
        print(seen[0], seen[1], seen[2], seen[3])
        """)
    #expect(lines == ["200 \t200 \t200 \t512 88 "])
  }

  @Test("state belongs to a sequence: completions and their order do not see each other")
  func states() throws {
    let lines = try RecipeBench()
      .run(
        """
        local direction = cast.tensor.randn(model.d_model)
        cast.on_layer(0, function(ctx)
          ctx.state.rows = (ctx.state.rows or 0) + #ctx.positions
          for i = 1, #ctx.positions do ctx.hidden:row(i):axpy_(ctx.state.rows, direction) end
        end)
        local p, a, b = {10, 20, 30}, {40, 50, 60}, {41, 51, 61}
        local both = model:score({p}, {a, b})
        print(both[1][2] == model:score({p}, {b})[1][1], both[1][1] == model:score({p}, {a})[1][1])
        """)
    #expect(lines == ["true\ttrue"])
  }

  @Test("a hook that is switched off leaves nothing of what it wrote")
  func disabled() throws {
    let bench = try RecipeBench(disablesFailingHooks: true)
    let lines = try bench.run(
      """
      local plain = model:forward({10, 20})
      local h = cast.on_layer(1, function(ctx) ctx.hidden:fill_(0 / 0) end)
      print(model:forward({10, 20}):sub(plain):norm(), h.enabled)
      cast.on_layer(0, function(ctx) ctx.hidden:fill_(3) error("half-way") end)
      print(model:forward({10, 20}):sub(plain):norm())
      cast.on_token(function(ctx) ctx.logits:fill_(-math.huge) end)
      print(#model:generate({10}, {max_tokens = 2}).tokens)
      """)
    #expect(lines == ["0.0\tfalse", "0.0", "2"])
    #expect(bench.logged.count { $0.contains("hook disabled") } == 3)
  }

  @Test("a context of another call is refused")
  func keptContexts() throws {
    let error = try RecipeBench()
      .failure(
        """
        local kept
        cast.on_token(function(ctx) if kept then kept:bias(0, 1) end end)
        cast.on_token(function(ctx) if not kept then kept = ctx end end, {priority = 90})
        model:generate({10}, {max_tokens = 1})
        model:generate({10}, {max_tokens = 1})
        """)
    #expect(
      error?.message.contains("expired on_token context") == true, "\(error?.description ?? "")")
  }

  @Test("a view that outlives its hook says so")
  func expiredViews() throws {
    let error = try RecipeBench()
      .failure(
        """
        local kept
        cast.on_layer(1, function(ctx) kept = ctx.hidden end)
        model:forward({10, 20})
        print(kept:norm())
        """)
    #expect(error?.message.contains("expired view") == true)
  }
}
