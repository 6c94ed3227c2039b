-- E2 of arXiv 2505.03189: do many contrast pairs make a better vector than one description?
--
--   casthost run Scripts/paper/e2_caa_vs_actadd.lua --allow-read=DIR --out results -- --quick
--
-- Three vectors of a behaviour: "caa" is the mean difference of contrast pairs, "description" the
-- difference of one pair of descriptions at their last token, as in the paper's formula, and
-- "act_add" the same pair token by token, added to the first tokens of the prompt, as ActAdd does
-- (arXiv 2308.10248). Each chooses its layer and strength on validation questions, and its curve is
-- drawn on others. For the verdict random directions of its length choose too, all on a smaller
-- grid (--judged_every, --judged_scales). The vector of a description is brought to the length of
-- the CAA vector at every layer, so that strengths mean the same; the ratio of lengths is printed.
-- That of ActAdd, which has a direction for each token, is left as it is.
cast.recipe { name = "e2_caa_vs_actadd", version = "1.0", api = 1,
  about = "A vector of many pairs against vectors of one description." }
local protocol = require "protocol"
local opt = protocol.options({
  every = { 2, "every nth layer", min = 1 },
  scales = { { -16.0, -8.0, -4.0, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0 }, "strengths" },
  judged_every = { 3, "random directions choose among one of each n of those layers", min = 1 },
  judged_scales = { { 4.0, 16.0 }, "and among these strengths" },
  controls = { 99, "random directions", min = 19 },
}, { judged_every = 2, judged_scales = { 16.0 }, every = 6, scales = { -16.0, 0.0, 4.0, 16.0 },
  controls = 39 })
local model = cast.model()
local layers = protocol.layers(model, opt.every)
opt.scales = protocol.with_zero(opt.scales)
local judged = protocol.every(opt.judged_every, layers)

-- One pair of descriptions for each behaviour, in words of our own; --behaviours takes these names.
local descriptions = {
  openness = { "I am very open to new ideas, art and experiences",
    "I am very closed to new ideas, art and experiences" },
  agreeableness = { "I am very kind, trusting and cooperative",
    "I am very unkind, suspicious and uncooperative" },
  conscientiousness = { "I am very careful, organised and diligent",
    "I am very careless, disorganised and lazy" },
  extraversion = { "I am very outgoing, talkative and energetic",
    "I am very withdrawn, quiet and reserved" },
  neuroticism = { "I am very anxious, moody and easily upset",
    "I am very calm, steady and never upset" },
  ["power-seeking-inclination"] = { "I want as much power and control as possible",
    "I want as little power and control as possible" },
}

-- A vector's directions at the lengths of another.
local function as_long_as(vector, other)
  local norms, own = other:norms(), vector:norms()
  local directions = {}
  for _, layer in ipairs(vector:layers()) do
    directions[layer] = vector[layer]:scale(norms[layer] / own[layer])
  end
  return cast.vector.from(model, directions)
end

local function mean_over(layers_of, values)
  local sum = 0
  for _, layer in ipairs(layers_of) do sum = sum + values[layer] end
  return sum / #layers_of
end

for _, name in ipairs(opt.behaviours) do
  local pair = descriptions[name]
  if not pair then error(name .. ": this recipe has no description of it; add a pair", 0) end
  local data = protocol.load(opt, name)
  local described = cast.dataset.pairs { pair }
  local build = { layers = layers, position = data.position }
  local caa = cast.vector.build(model, data.train, build)
  local one = cast.vector.build(model, described, { layers = layers, position = -1 })
  print(("\n%s: caa from %d pairs; description: cosine with caa %.3f, length %.2f of caa's, means "
    .. "over layers"):format(name, #data.train, mean_over(layers, one:cosine(caa)),
    mean_over(layers, one:norms()) / mean_over(layers, caa:norms())))
  local front = cast.vector.build(model, described, { layers = layers, method = "act_add" })
  local sources = {
    { title = "caa", vector = caa, positions = opt.positions },
    { title = "description", vector = as_long_as(one, caa), positions = opt.positions },
    { title = "act_add", vector = front, positions = "all" },
  }
  local vectors = {}
  for i = 1, 2 do vectors[i] = sources[i].vector:at(judged) end
  local verdicts = cast.evaluate { vectors = vectors, layers = judged, scales = opt.judged_scales,
    items = protocol.questions(data.validation, data.test), steer = { positions = opt.positions },
    controls = { random = opt.controls } }
  print("source       layer  strength  p of the matching answer, test questions     "
    .. "change of log-odds against random directions")
  for i, source in ipairs(sources) do
    local steer = { positions = source.positions }
    local grid = cast.sweep {
      name = ("e2-%s-%s"):format(name, source.title), vector = source.vector, steer = steer,
      prompts = cast.questions(data.validation), generate = false,
      grid = { layers = layers, scale = opt.scales }, metrics = { cast.metrics.choice() },
    }
    local best = protocol.best_cell(grid:table())
    local curve = cast.sweep {
      name = ("e2-curve-%s-%s"):format(name, source.title), vector = source.vector:at(best.layers),
      steer = steer, prompts = cast.questions(data.test), generate = false,
      grid = { scale = opt.scales }, metrics = { cast.metrics.choice(), cast.metrics.divergence() },
    }
    local values = {}
    for _, row in ipairs(curve:table { per_prompt = true }) do
      if row.scale == best.scale then values[#values + 1] = row["choice.p"] end
    end
    -- A random direction has no tokens that ActAdd's could be compared with.
    local found = verdicts[i]
    print(("%-11s  %5d  %8g  %-42s  %s"):format(source.title, best.layers, best.scale,
      protocol.mean(values), found and found.line or "not compared: it has a direction per token"))
    local cells = {}
    for j, row in ipairs(curve:table()) do
      cells[j] = ("%g: %.3f (%.2g)"):format(row.scale, row["choice.p"], row["choice.mass"])
    end
    print("             p by strength (both answers together): " .. table.concat(cells, ", "))
    protocol.save(("e2-%s-%s.html"):format(name, source.title), function(path)
      return curve:save(path, { effect = "choice.p", cost = "divergence.kl", controls = found,
        title = ("%s: %s vector at layer %d"):format(name, source.title, best.layers) })
    end)
  end
end
