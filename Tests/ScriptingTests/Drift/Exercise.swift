/// A recipe that calls every function of the host, with every table of options that it takes.
///
/// A function that is not called here fails the drift test: add a line.
let exercise = """
  cast.recipe { name = "exercise", version = "1", api = 1, about = "All of it.", license = "-" }
  local opt = cast.options {
    scale = { 4.0, "strength", min = 0, max = 9 }, word = { "a", "", choices = { "a", "b" } },
  }
  local model = cast.model()
  local user = { { role = "user", content = "Hi" } }

  -- Text and files
  cast.json.encode({ 1 }, { indent = 2 })
  cast.json.decode("[1]")
  assert(cast.write(cast.out("a/lines.txt"), "one\\ntwo\\n"))
  assert(cast.read("out/a/lines.txt"))
  for line in cast.lines("out/a/lines.txt") do assert(#line == 3) end
  assert(not cast.read("none.txt"))
  assert(cast.env("WORD") == "yes" and cast.env("NOTHING") == nil)

  -- The model
  for _, name in ipairs { "name", "architecture", "n_layers", "d_model", "n_heads", "vocab_size",
    "context_length", "hash" } do
    assert(model[name])
  end
  local ids = model:tokenize("Hello", { special = true, bos = true })
  model:detokenize(ids)
  model:chat(user, { add_generation_prompt = true })
  model:forward(ids, { rows = "all" })
  model:logprobs(user)
  model:score({ "a", ids, user }, { "b", ids })
  model:score({ "a" }, { "b" }, { variants = { false } })
  local t = assert(cast.tokenizer("out/../tiny-llama.gguf"))
  assert(t.vocab_size and (t.bos or true) and (t.eos or true))
  t:decode(t:encode("Hello", { special = true, bos = true }))
  assert(not cast.tokenizer("none.gguf"))
  local chat = cast.chat_template("{{ messages[0].role }}{{ x }}")
  assert(chat.source and chat:render({ { role = "user" } }, { x = 1 }) == "user1")
  model:perplexity("Hello there", { context = 8, stride = 4 })
  model:generate("a", { max_tokens = 2, stop = { "x" }, stream = function() end })
  model:generate_batch { { "a", max_tokens = 1 }, { ids, max_tokens = 1 } }
  model:activations({ "a" }, { layers = { from = 0, to = 1 }, position = "mean", site = "mlp" })
  model:activations({ "a" }, { layers = { "embedding", 0 }, position = function() return 0 end })

  -- Datasets
  local data = cast.dataset.pairs {
    { "yes", "no" }, { positive = user, negative = "no", topic = "t" }, { "good", "bad" },
    { "up", "down" },
  }
  local made = cast.dataset.template("{persona}", { positive = { "a" }, negative = { "b" } }, { "c" })
  assert(cast.write(cast.out("d.json"), '[{"positive": "a", "negative": "b"}]'))
  assert(cast.dataset.load("out/d.json", { format = "json" }))
  assert(not cast.dataset.load("none.json"))
  assert(#data == 4 and data[2].topic == "t" and data[9] == nil and #made == 1)
  data:split(0.5)
  data:split(0.5, { by = "topic" })
  local own = assert(cast.write(cast.out("own.csv"), "q,good,bad\\nWhy?,Yes,No\\nWho?,No,Yes\\n"))
  own = assert(cast.dataset.load("out/own.csv", {
    format = "csv", question = "q", positive = "good", negative = "bad" }))
  cast.dataset.template("{persona}", { positive = { "a" }, negative = { "b" } }, { "c d e" },
    { chat = true, truncate = model })
  assert(cast.dataset.texts("out/own.csv", { format = "csv", field = "q" })[1] == "Why?")
  assert(cast.dataset.prompts("out/own.csv", { field = "q", chat = true, format = "auto" })[2].bad)
  assert(not cast.dataset.texts("none.json") and not cast.dataset.prompts("none.json"))
  local twice = cast.dataset.pairs { { "a", "b" }, { "a", "b" }, { "c", "c" }, { "one two three four",
    "x" }, { "one two three  Four five", "x" } }
  assert(#twice:check(model).duplicates == 1 and #own:check().labels == 2 and twice:check())
  own:map(function(row) return { positive = row.positive, negative = row.negative } end):show(model, 2)
  data:take(2)
  data:shuffle(1)
  data:map(function(row) return row end)
  data:filter(function() return true end)

  -- Vectors
  local v = cast.vector.build(model, data, {
    method = "random", layers = "all", position = -1, site = "residual", normalize = false, seed = 1,
  })
  local w = cast.vector.build(model, data)
  assert(v:save(cast.out("v.gguf")))
  local loaded = assert(cast.vector.load("out/v.gguf"))
  assert(not cast.vector.load("none.gguf"))
  assert(v:save(cast.out("v.svec")) and cast.vector.load("out/v.svec").info.method == "random")
  assert(cast.write(cast.out("other.svec"), '{"model_type": "llama", "directions": {"1": [[1, 2]]},'
    .. ' "explained_variances": {"1": 0.5}}'))
  local other = assert(cast.vector.load("out/other.svec")).info
  assert(other.origin and other.conversion and other.remarks[1] and other.explainedVariances["0"])
  assert(cast.vector.load("out/other.svec", { convention = "ibm_cast", at = "read" })[1])
  assert(not cast.vector.load("out/other.svec", { layer = 1 }))
  local from = cast.vector.from(model, { [0] = v[0], embedding = v[1] })
  assert(loaded.info and from.info and w.info and from.embedding and not v.embedding)
  local sum = (v + w - v * 2) / 3 + -v
  cast.vector.build(model, data, { method = "mean_center", position = "all", reference = { "a" } })
  v:slerp(w, 0.5)
  cast.vector.merge({ v, w }, { method = "dare", weights = { 1, 2 }, density = 0.5, seed = 1 })
  cast.vector.orthogonalize({ v, w }, { method = "lowdin" })
  cast.vector.join { v:at(0), w:at(1) }
  local five = cast.dataset.template("{persona}", { positive = { "a" }, negative = { "b" } },
    { "c", "d", "e", "f", "g" })
  local iti = cast.vector.build(model, five, { method = "iti", heads = 2, shuffle_labels = true })
  assert(iti.info.heads[1].accuracy and iti.info.labels)
  local lots = cast.dataset.template("{persona}", { positive = { "a" }, negative = { "b" } },
    (function()
      local all = {}
      for i = 1, 600 do all[i] = "" .. i end
      return all
    end)())
  assert(cast.vector.build(model, lots, { layers = 0 }).info.measuredPairs == 256)
  local best, tried = cast.vector.select(model, made, { validation = made, tokens = { 65, "A" },
    positions = { -1 }, layers = 0, deepest = 1, max_kl = 1e9, min_induced = -1e9 })
  assert(tried[1].eligible and #best:layers() == 1)
  local persona, answers = cast.vector.persona(model, { positive = { "a" }, negative = { "b" },
    questions = { "c" }, rollouts = 1, max_tokens = 3, temperature = 1, top_p = 1, seed = 1,
    layers = 0, keep = function(answer) return answer.side and answer.text end })
  assert(persona and answers[1].system and answers[1].question)
  cast.vector.scale_for_kl(model, v, { "abc" }, { kl = 1e-4, negative = true, steer = { layers = 0 } })

  -- Maps
  local leace = cast.map.leace(model, data, { layers = 0, position = "all", site = "residual" })
  local c = cast.map.conceptor(model, { "a", "b", "c" }, { aperture = 2, layers = 0 })
  local both = (c & ~c) | c
  assert(#both:layers() == 1 and both.method and leace:matrix(0).shape[1] == model.d_model)
  both:aperture(2)
  model:forward("abc", { steer = { { leace, scale = 0.5, gain = 1 }, c } })
  assert(model.stats.steering[2][0].positions.to)
  model:forward("abc", { steer = { v, layers = 0, op = "ablate", everywhere = true } })
  sum:layers() sum:norms() from:norms() sum:cosine(w) sum:normalize() sum:project_out(w) sum:at(1)

  -- Steering
  local h = model:steer(v, { op = "clamp", min = 0, max = 1, positions = { from = 0, to = 3 } })
  assert(h.active and h.effect)
  h:close()
  h:remove()
  model:forward("abc", { steer = { { v, scale = 2, unit = "norm", layers = 0, positions = "all" },
    { w, scale = function() return 1 end, positions = { 0 } } } })
  model:generate("abc", { max_tokens = 2, steer = v })
  local out = model:generate("abc", { max_tokens = 2, steer = { from, when = { v, 0, above = -2,
    similarity = "projection", position = "mean" } } })
  assert(out.stats.steering[1].when.similarity and out.stats.steering[1].embedding)

  -- Declared hooks
  for _, op in ipairs {
    cast.ops.add(v, 1, { unit = "norm" }), cast.ops.add_keep_norm(v, 1), cast.ops.ablate(v[1]),
    cast.ops.ablate_add(v, 1), cast.ops.ablate_affine(v), cast.ops.cosine_gate(v, 2, { above = 0 }),
    cast.ops.slerp(v, 0.1), cast.ops.clamp(v, { target = 1 }), cast.ops.rotate(v, 3),
    cast.ops.gate(v, 1, { above = 0 }), cast.ops.scale(v, 2), cast.ops.scale(1.5),
  } do
    local hook = cast.on_layer(1, op)
    model:forward("abc")
    assert(op.op and hook.effect[1].rows > 0)
    hook:remove()
  end

  -- Measuring
  local m = cast.metrics
  local own = cast.metric("own", function(s) return #s.text end, { aggregate = "max" })
  own({ text = "a" })
  for _, metric in ipairs {
    m.length({ name = "l" }), m.distinct(1, { over = "words" }), m.repetition(1, { name = "r" }),
    m.contains("a", { at_start = true, case_sensitive = true }), m.refusal({ name = "no" }),
    m.perplexity(model, { name = "p" }), m.log_odds("a", "b", { steer = false }),
  } do
    assert(metric.name)
    metric({ prompt = "a", text = "b c", tokens = { 1, 2 } })
  end
  local report = cast.sweep {
    vector = v, grid = { scale = { 0, 1 } }, prompts = { "a", { prompt = "b", answer = 1 } },
    generate = { max_tokens = 2 }, steer = { layers = 0 }, metrics = { own, "length" },
  }
  assert(#report == 2 and report.columns[1] == "scale" and report.degraded == false)
  report:table({ per_prompt = true })
  report:best("own", { lowest = true })
  report:save(cast.out("r.csv"), { per_prompt = false })
  local page = { title = "t", about = "a", effect = "own", cost = "length", samples = 1,
    controls = { { name = "random", effect = 0.1 } } }
  assert(#report:markdown(page) > 100 and report:save(cast.out("r.html"), page))
  local stopped = cast.sweep {
    name = "kept", store = cast.out("kept.sqlite"), vector = v, grid = { scale = { 0, 1, 2 } },
    prompts = { "a" }, generate = { max_tokens = 2 }, metrics = { "length" },
    collapse = { setting = "scale", above = { length = 0 }, below = { length = -1 } },
  }
  assert(stopped.skipped == 2 and stopped:table()[3].skipped)

  -- Evidence
  local sample = { prompt = "a", text = "b c", tokens = { 1, 2 }, positive = "x", negative = "y" }
  for _, metric in ipairs {
    m.choice({ steer = false }), m.probability({ "x" }, "y", { name = "q" }),
    m.divergence({ over = "output", steer = false }), m.divergence("answer"),
    m.refusal_odds({ tokens = { "a" } }), m.text_perplexity("abcd", { context = 8, stride = 4 }),
    m.compression({ name = "c" }), m.judge("care", { scale = { 1, 3 }, instruction = "{text}" }),
  } do
    metric(sample)
  end
  local rows = {}
  for i = 1, 6 do
    rows[i] = { question = "Q" .. i .. "\\n(A) yes\\n(B) no", matching = "(A)", not_matching = "(B)",
      category = "c" }
  end
  local items = cast.questions(rows, { letters = false, both_orders = true })
  assert(items[1].swapped.positive == "B" and items[1].category == "c")
  local found = cast.evaluate {
    train = data, build = { layers = { 0, 1 } }, items = items, layers = { { 0, 1 } }, scales = { 2 },
    steer = { positions = "all" }, controls = { random = 3, shuffled = 2 }, resamples = 20, cost = true,
    metrics = { "log_odds", "accuracy", size = function(list) return cast.tensor.ones(#list) end },
    alternative = "two_sided", level = 0.1, seed = 1, validation = 0.5, min_mass = 0,
  }
  found:table()
  found:json({ indent = 1 })
  assert(found.line and found.stands_out ~= nil and found.effect and found.p and found.layers
    and found.scale == 2)
  assert(#cast.evaluate { vectors = { v, w }, items = items, controls = { random = 1 } } == 2)
  local st = cast.stats
  st.bootstrap({ 1, 2, 4 }, { statistic = "median", method = "percentile", level = 0.9,
    resamples = 10, seed = 1 })
  st.permutation({ 1, 2 }, { 0, 0 }, { alternative = "greater", resamples = 10, seed = 1 })
  st.rank_p(1, { 0, 2 }, { alternative = "less" })
  st.holm { 0.1, 0.2 }
  st.auroc({ 1, 2 }, { 0 })
  st.cohens_d({ 1, 2 }, { 0, 3 })
  st.pearson({ 1, 2 }, { 0, 3 })
  st.spearman({ 1, 2 }, { 0, 3 })
  st.line({ 1, 2 }, { 0, 3 })
  st.steerability({ 0, 1 }, { { 0, 1 }, { 1, 0 } })
  st.binomial_tail(1, 2, 0.5)
  cast.geometry.pairwise_cosine(cast.tensor.randn(3, 4))
  cast.geometry.explained_variance(cast.tensor.randn(3, 4))
  v:separation(model, data, { position = "last", site = "residual" })
  model:divergence("ab", { rows = "all", steer = { v, scale = 1 } })
  model:logit_lens(v[1], { top = 2 })

  -- Hooks
  local seen = {}
  local hooks = {
    cast.on_layer({ 0 }, function(ctx)
      seen.layer = ctx.layer and ctx.phase and ctx.step and ctx.row and ctx.positions and ctx.hidden
        and ctx.state
    end, { priority = 1 }),
    cast.on_token(function(ctx)
      seen.token = ctx.step and ctx.row and ctx.text and ctx.logits and ctx.state and true
      ctx:bias(ctx.token or 1, 1)
      ctx:top(2)
      if ctx.step == 1 then ctx:stop("done") end
    end),
    cast.on_vector_build(function(ctx)
      seen.build = ctx.layer and ctx.positive and ctx.negative and ctx.diffs and ctx.vector
    end),
  }
  model:generate("abc", { max_tokens = 4 })
  cast.vector.build(model, data, { layers = 0 })
  assert(seen.layer and seen.token and seen.build)
  for _, hook in ipairs(hooks) do
    hook.enabled = not hook.enabled
    hook:remove()
  end
  assert(cast.tensor.zeros(2, 3).shape[2] == 3)

  -- Tests
  describe("tests", function()
    before_each(function() end)
    after_each(function() end)
    it("can be written", function()
      expect({ 1, a = { 2 } }):to_equal({ 1, a = { 2 } })
      expect(1):not_to_equal(2)
      expect(1.5):to_be_near(1.4, 0.2)
      expect(cast.tensor.ones(2)):not_to_be_near(cast.tensor.zeros(2))
      expect(1 == 1):to_be_true()
      expect(1):not_to_be_true()
      expect(function() error("no %") end):to_error("no %")
      expect(function() end):not_to_error()
    end)
  end)
  """
