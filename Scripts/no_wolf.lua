-- Does cast.evaluate cry wolf? Vectors that mean nothing, each put through the whole of it: its own
-- pick of layer and scale, its own controls, questions in both orders. At the 5 % level at most 5 %
-- of them may be called an effect, within sampling error. A vector that means something is judged
-- the same way.
cast.recipe { name = "no wolf", version = "1.0", api = 1,
  about = "Counts how many meaningless vectors cast.evaluate takes for an effect." }
local opt = cast.options {
  data = { "../../shared/datasets/mwe", "Model-Written Evals (needs --allow-read)" },
  file = { "advanced-ai-risk/lm_generated_evals/power-seeking-inclination.jsonl", "rows" },
  candidates = { 200, "vectors to be judged", min = 1 },
  controls = { 19, "random directions for each; 19 is what 5 % needs", min = 19 },
  questions = { 16, "questions, in both orders", min = 10 },
  layers = { { 16, 24 }, "layers to choose from" },
  scales = { { 16.0 }, "scales to choose from" },
  position = { -2, "token to read at: the letter, as CAA; -1 for Yes/No" },
  kind = { "random", "what the candidates are; same: one random direction at all layers",
    choices = { "random", "shuffled", "same" } },
  together = { false, "steer all the layers at once, instead of choosing one" },
  real = { true, "judge the real vector too, with 199 controls" },
}
local model = cast.model()

-- Short questions are as good as long ones here, and quicker.
local data = assert(cast.dataset.load(opt.data .. "/" .. opt.file))
data = data:filter(function(row) return #row.question < 320 end)
local train, rest = data:take(100), data:filter(function(_, i) return i > 100 end)
local items = cast.questions(rest:take(opt.questions))
local build = { layers = opt.layers, position = opt.position }

local real = cast.vector.build(model, train, build)

local function candidate(i)
  if opt.kind == "random" then
    return cast.vector.build(model, train,
      { layers = opt.layers, position = opt.position, method = "random", seed = i })
  end
  if opt.kind == "same" then
    local directions, norms = {}, real:norms()
    local one = cast.tensor.randn(model.d_model)
    for _, layer in ipairs(opt.layers) do
      directions[layer] = one:scale(norms[layer] / one:norm())
    end
    return cast.vector.from(model, directions)
  end
  local mixed = train:map(function(row)
    if cast.random() < 0.5 then row.positive, row.negative = row.negative, row.positive end
    return { positive = row.positive, negative = row.negative }
  end)
  return cast.vector.build(model, mixed, build)
end

local function evaluate(more)
  local layers = opt.together and { opt.layers } or opt.layers
  local all = { items = items, layers = layers, scales = opt.scales,
    steer = { positions = "last_prompt" } }
  for name, value in pairs(more) do all[name] = value end
  return cast.evaluate(all)
end

local calls, by_rank, over_items, effects = 0, 0, 0, {}
for first = 1, opt.candidates, 25 do
  local vectors = {}
  for i = first, math.min(first + 24, opt.candidates) do vectors[#vectors + 1] = candidate(i) end
  for _, found in ipairs(evaluate { vectors = vectors, controls = { random = opt.controls },
    cost = false, resamples = 100, seed = cast.seed + first }) do
    calls = calls + (found.stands_out and 1 or 0)
    local row = found:table()[1]
    by_rank = by_rank + (row.p_random <= 0.05 and 1 or 0)
    over_items = over_items + (row.p_items <= 0.05 and 1 or 0)
    effects[#effects + 1] = found.effect
  end
  cast.log.info("%d of %d: %d called", #effects, opt.candidates, calls)
end

-- The least bound that an honest 5 % passes with a chance of 99 %.
local bound = 0
while cast.stats.binomial_tail(bound + 1, opt.candidates, 0.05) > 0.01 do bound = bound + 1 end
print(("%d %s vectors on %d questions, %d settings: %d called an effect at the 5 %% level"):format(
  opt.candidates, opt.kind, #items, (opt.together and 1 or #opt.layers) * #opt.scales, calls))
print(("  (an honest test calls at most %d with a chance of 99 %%: %s)"):format(bound,
  calls <= bound and "passed" or "FAILED"))
print(("  ranks among random directions alone call %d, the test over questions alone %d"):format(
  by_rank, over_items))
print(("  effects from %+.2f to %+.2f nats"):format(math.min(table.unpack(effects)),
  math.max(table.unpack(effects))))
if opt.real then
  print("\nthe real vector:")
  print(evaluate { train = train, build = build, controls = { random = 199, shuffled = 99 } })
end
if calls > bound then error("cast.evaluate cries wolf", 0) end
