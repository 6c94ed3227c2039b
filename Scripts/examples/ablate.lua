-- Ablation of a direction: the model cannot tell good news from bad any more.
--
--   casthost run Scripts/examples/ablate.lua
--
-- The direction of gladness, as it is at one layer, is taken out of the residual stream at every
-- layer and token: h − (h·v̂)v̂. If the model needs it to tell how somebody feels, the difference
-- between good and bad news in its answers shrinks. Random directions show what any would do.
cast.recipe { name = "ablate", version = "1.0", api = 1, about = "Takes a direction out." }
local opt = cast.options { layer = { 14, "block whose direction is taken out", min = 0 } }
local moods = require "moods"
local model = cast.model()

local news = {
  good = { "I passed my exam!", "My sister got married today.", "We won the final!",
    "The doctor says that I am healthy.", "I found my lost cat.", "They gave me the job.",
    "My best friend is coming to visit.", "It is my birthday." },
  bad = { "I failed my exam.", "My sister broke her leg today.", "We lost the final.",
    "The doctor says that I am very ill.", "My cat ran away.", "They took away my job.",
    "My best friend has died.", "Nobody came to my birthday." },
}
local prompts = {}
for _, kind in ipairs { "good", "bad" } do
  for _, sentence in ipairs(news[kind]) do
    prompts[#prompts + 1] = moods.ask(sentence .. " How do I feel, in one word?")
  end
end

-- One direction of one layer, to be taken out everywhere.
local function everywhere(options)
  options.layers = { opt.layer }
  local v = cast.vector.build(model, moods.glad(), options)
  local directions = {}
  for layer = 0, model.n_layers - 1 do directions[layer] = v[opt.layer] end
  return cast.vector.from(model, directions)
end

local variants = { false, { everywhere {}, op = "ablate" } }
for seed = 1, 3 do
  variants[seed + 2] = { everywhere { method = "random", seed = seed }, op = "ablate" }
end

-- How much likelier "Happy" is than "Sad", and how far apart good and bad news are in that.
local scores = model:score(prompts, { "Happy", "Sad" }, { variants = variants })
local gaps = {}
print("ablated         good news  bad news   gap")
for i, score in ipairs(scores) do
  local columns = score:t()
  local happier = columns[1]:sub(columns[2])
  local good, bad = happier:slice(1, #news.good):mean(), happier:slice(#news.good + 1, -1):mean()
  gaps[i] = good - bad
  local name = i == 1 and "nothing" or i == 2 and "gladness" or "random " .. i - 2
  print(("%-14s  %+9.2f  %+8.2f  %4.2f"):format(name, good, bad, gaps[i]))
end
print(("\nof the gap is left: %.0f %% without gladness, %.0f %% without a random direction"):format(
  100 * gaps[2] / gaps[1], 100 * (gaps[3] + gaps[4] + gaps[5]) / 3 / gaps[1]))
