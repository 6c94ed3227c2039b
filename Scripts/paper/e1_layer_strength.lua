-- E1 of arXiv 2505.03189: at which layer, and how strongly?
--
--   casthost run Scripts/paper/e1_layer_strength.lua --allow-read=DIR --out results -- --quick
--
-- Mean differences of contrast pairs (CAA) at every layer are added at every strength, and held-out
-- questions of the same behaviour are answered: "choice.p" is the share of p(matching answer) in
-- the probability of both answers, "choice.mass" that probability (below half of what it is without
-- steering, the model says something else: collapse), "divergence.kl" the price in nats. The best
-- cell of many always looks good. So the verdict comes from a smaller grid, --judged_every and
-- --judged_scales, on which the vector, random directions of its length and vectors of shuffled
-- labels each choose their own cell on some questions and are compared on others. Then the model
-- writes at the best layer, so that one can see what the numbers mean.
cast.recipe { name = "e1_layer_strength", version = "1.0", api = 1,
  about = "Layers and strengths of CAA vectors on held-out Model-Written Evals." }
local protocol = require "protocol"
local opt = protocol.options({
  every = { 1, "every nth layer", min = 1 },
  scales = { { -64.0, -32.0, -16.0, -8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0 },
    "strengths" },
  unit = { "raw", "what a strength is a multiple of", choices = { "raw", "norm" } },
  judged_every = { 5, "the verdict chooses among one of each n of those layers", min = 1 },
  judged_scales = { { 4.0, 16.0, 64.0 }, "and among these strengths" },
  controls = { 99, "random directions, and as many shuffled labels", min = 19 },
  texts = { 8, "questions that are answered in words", min = 0 },
  tokens = { 64, "length of such an answer", min = 8 },
}, { every = 5, scales = { -64.0, -16.0, 0.0, 16.0, 64.0 }, judged_every = 2,
  judged_scales = { 16.0 }, controls = 39, texts = 1, tokens = 24 })
local model = cast.model()
local layers = protocol.layers(model, opt.every)
opt.scales = protocol.with_zero(opt.scales)

-- The strengths on one side of 0 and 0 itself, smallest first.
local function upwards(sign)
  local list = {}
  for _, scale in ipairs(opt.scales) do
    if scale * sign >= 0 then list[#list + 1] = scale end
  end
  table.sort(list, function(a, b) return math.abs(a) < math.abs(b) end)
  return list
end

-- The smallest strength at which the two answers get less than half of their probability.
local function collapse(rows, layer, sign)
  local whole
  for _, scale in ipairs(upwards(sign)) do
    for _, row in ipairs(rows) do
      if row.layers == layer and row.scale == scale then
        whole = whole or row["choice.mass"]
        if row["choice.mass"] < whole / 2 then return scale end
      end
    end
  end
end

local function at(rows, layer, scale)
  for _, row in ipairs(rows) do
    if row.layers == layer and row.scale == scale then return row end
  end
end

for _, name in ipairs(opt.behaviours) do
  local data = protocol.load(opt, name)
  local build = { layers = layers, position = data.position }
  local vector = cast.vector.build(model, data.train, build)
  local steer = { positions = opt.positions, unit = opt.unit }
  local grid = cast.sweep {
    name = "e1-" .. name, vector = vector, prompts = cast.questions(data.validation), steer = steer,
    grid = { layers = layers, scale = opt.scales }, generate = false,
    metrics = { cast.metrics.choice(), cast.metrics.divergence() },
  }
  local rows = grid:table()
  print(("\n%s: %d pairs, %d questions to choose on"):format(name, #data.train, #data.validation))
  print("layer  depth  p at strengths " .. table.concat(opt.scales, " "))
  for _, layer in ipairs(layers) do
    local cells = {}
    for i, scale in ipairs(opt.scales) do
      cells[i] = ("%.2f"):format(at(rows, layer, scale)["choice.p"])
    end
    print(("%5d  %4.0f %%  %s   collapse at %s and %s"):format(layer,
      100 * (layer + 1) / model.n_layers, table.concat(cells, " "),
      collapse(rows, layer, -1) or "none", collapse(rows, layer, 1) or "none"))
  end
  local best, unsteered = protocol.best_cell(rows)
  print(("best cell: layer %d, strength %g: p %.3f, %.3f without steering; KL %.3f nats"):format(
    best.layers, best.scale, best["choice.p"], unsteered["choice.p"], best["divergence.kl"]))

  build.layers = protocol.every(opt.judged_every, layers)
  local found = cast.evaluate {
    train = data.train, build = build, items = protocol.questions(data.validation, data.test),
    layers = build.layers, scales = opt.judged_scales, steer = steer,
    controls = { random = opt.controls, shuffled = opt.controls },
  }
  print(found)
  protocol.save(("e1-%s.html"):format(name), function(path)
    return grid:save(path, { effect = "choice.p", cost = "divergence.kl", controls = found,
      title = ("Layers and strengths: %s, %s"):format(name, model.name),
      about = ("Mean difference of %d contrast pairs added to the residual stream, positions '%s';"
        .. " %d held-out questions. The verdict is over %d, on part of which the vector and each"
        .. " control chose among %d layers and %d strengths."):format(#data.train,
        opt.positions, #data.validation, #data.validation + #data.test, #build.layers,
        #opt.judged_scales) })
  end)

  if opt.texts > 0 then
    local questions = cast.questions(data.test:take(opt.texts))
    local written = cast.sweep {
      name = "e1-texts-" .. name, vector = vector, steer = steer,
      prompts = { table.unpack(questions) }, grid = { layers = { best.layers },
        scale = opt.scales }, generate = { max_tokens = opt.tokens },
      metrics = { cast.metrics.choice(), "distinct", "repetition", "perplexity" },
    }
    print(written)
    protocol.save(("e1-texts-%s.html"):format(name), function(path)
      return written:save(path, { effect = "choice.p", cost = "perplexity", controls = found,
        title = ("What %s writes: %s, layer %d"):format(model.name, name, best.layers) })
    end)
  end
end
