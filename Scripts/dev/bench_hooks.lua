-- What hooks cost: seconds for a token with each kind of hook at every block, in turn, as JSON.
-- Scripts/dev/bench_hooks.py runs it.
local opt = cast.options {
  rounds = { 200, "how often each kind is measured", min = 1 },
  tokens = { 32, "tokens of one measurement", min = 2 },
}
local model = cast.model()

-- So short that the model says the same with it.
local directions = {}
for layer = 0, model.n_layers - 1 do
  directions[layer] = cast.tensor.randn(model.d_model):scale(1e-6)
end
local vector = cast.vector.from(model, directions)

local hooks = {
  { "none again", nil },
  { "function that does nothing", function() end },
  { "function with add_", function(ctx) ctx.hidden:add_(directions[ctx.layer]) end },
  { "cast.ops.add", cast.ops.add(vector, 1) },
}

local function seconds_per_token()
  local stats = model:generate("Once upon a time", { max_tokens = opt.tokens }).stats
  return stats.decode_seconds / (stats.generated_tokens - 1)
end

local function measure(action)
  local hook = action and cast.on_layer("all", action)
  local seconds = seconds_per_token()
  if hook then hook:remove() end
  return seconds
end

seconds_per_token()
local results = { none = {} }
for round = 1, opt.rounds do
  local order = { "none", table.unpack(hooks) }
  if round % 2 == 0 then   -- A B, B A, …
    for i = 1, #order // 2 do order[i], order[#order + 1 - i] = order[#order + 1 - i], order[i] end
  end
  for _, kind in ipairs(order) do
    local name = kind == "none" and kind or kind[1]
    results[name] = results[name] or {}
    results[name][round] = measure(kind ~= "none" and kind[2] or nil)
  end
end
print(cast.json.encode { seconds = results, layers = model.n_layers, model = model.name })
