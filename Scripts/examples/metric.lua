-- A metric of your own, measured over a sweep of layers and strengths.
--
--   casthost run Scripts/examples/metric.lua
--   casthost run Scripts/examples/metric.lua --out results       keeps the table
--
-- "exclaims" is the share of an answer's sentences that end in an exclamation mark. A metric is a
-- function that gets the prompt, the text, the tokens, the settings of the point, and what the same
-- prompt gave without steering; it returns a number, or a table of them. The price is perplexity,
-- that of the answer under the model without steering; the recipe looks for the best point at which
-- it stays below a limit.
cast.recipe { name = "metric", version = "1.0", api = 1, about = "Measures exclamations." }
local opt = cast.options {
  limit = { 6.0, "largest perplexity", min = 1 },
  tokens = { 32, "length of an answer", min = 1 },
  save = { false, "write the table to sweep.csv (needs --out)" },
}
local moods = require "moods"
local model = cast.model()

-- Excited against calm: the same words, said in another tone.
local rows = {}
for _, words in ipairs { "I am here", "It is my turn", "We are going home", "The train is coming",
  "I have found it", "Dinner is ready", "They have arrived", "I bought a lamp" } do
  local function told(text)
    return { moods.ask("What is it?")[1], { role = "assistant", content = text } }
  end
  rows[#rows + 1] = { told("Wow! " .. words .. "!!!"), told("Well. " .. words .. ".") }
end
local excited = cast.vector.build(model, cast.dataset.pairs(rows), { layers = { 10, 14 } })

local exclaims = cast.metric("exclaims", function(sample)
  local _, loud = sample.text:gsub("!+", "")
  local _, quiet = sample.text:gsub("[.?]+", "")
  if loud + quiet == 0 then return nil end   -- not one whole sentence: no value
  return loud / (loud + quiet)
end)

local prompts = {}
for i = 1, 4 do prompts[i] = moods.questions[i] end
local report = cast.sweep {
  vector = excited, prompts = prompts, grid = { layers = { 10, 14 }, scale = { 0, 0.5, 1, 2 } },
  steer = { positions = "response" }, generate = { max_tokens = opt.tokens },
  metrics = { exclaims, "perplexity" },
}
print(report)
local best
for _, row in ipairs(report:table()) do
  local is_better = not best or row.exclaims > best.exclaims
  if row.perplexity <= opt.limit and is_better then best = row end
end
assert(best, "no point has so small a perplexity: raise --limit")
print(("\nmost exclamations with a perplexity of at most %g: layer %d, strength %g"):format(
  opt.limit, best.layers, best.scale))
if opt.save then assert(report:save(cast.out("sweep.csv"))) end
