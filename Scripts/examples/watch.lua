-- A hook that watches without touching: which tokens does the model feel good about?
--
--   casthost run Scripts/examples/watch.lua
--   casthost run Scripts/examples/watch.lua -- --prompt="Tell me about your worst day."
--
-- The hook gets the residual stream of each token as it is written, projects it on the glad
-- direction, and returns nothing: what the model says is the same to the last bit, which the recipe
-- checks. The bars show the projection against that of the answer's mean.
cast.recipe { name = "watch", version = "1.0", api = 1, about = "Watches a direction." }
local opt = cast.options {
  prompt = { "Tell me about the best and the worst day of your life.", "what the model is asked" },
  layer = { 14, "block whose output is watched", min = 0 },
  tokens = { 40, "length of the answer", min = 2 },
}
local moods = require "moods"
local model = cast.model()
local glad = cast.vector.build(model, moods.glad(), { layers = { opt.layer }, normalize = true })
local direction = glad[opt.layer]

local function answer()
  return model:generate(moods.ask(opt.prompt), { max_tokens = opt.tokens })
end
local unwatched = answer()

-- Step n reads token n of the answer, which is in the stream when the next one is being computed.
local projection = {}
local hook = cast.on_layer(opt.layer, function(ctx)
  if ctx.phase == "decode" then projection[ctx.step] = ctx.hidden:row(-1):dot(direction) end
end)
local watched = answer()
hook:remove()
assert(watched.text == unwatched.text)
assert(watched.logprobs:sub(unwatched.logprobs):norm() == 0)

local mean, largest = 0, 0
for _, value in ipairs(projection) do mean = mean + value / #projection end
for _, value in ipairs(projection) do largest = math.max(largest, math.abs(value - mean)) end
print(("projection on glad at layer %d, against the mean %+.1f:\n"):format(opt.layer, mean))
for step, value in ipairs(projection) do
  local length = math.floor(12 * math.abs(value - mean) / largest + 0.5)
  local sad = value < mean and ("-"):rep(length) or ""
  local happy = value > mean and ("+"):rep(length) or ""
  local piece = model:detokenize { watched.tokens[step] }:gsub("\n", "\\n")
  print(("%12s|%-12s  %+5.1f %s"):format(sad, happy, value - mean, piece))
end
print(("\nthe answer is the same as without the hook: %d tokens"):format(#watched.tokens))
