-- Orthogonalising: a vector without the side effect that its data put into it.
--
--   casthost run Scripts/examples/orthogonalise.lua
--
-- The pairs that the formal vector is built from are confounded: whoever is formal in them is
-- delighted too. Taking the glad direction out of it, v − (v·ŵ)ŵ, leaves the formality.
cast.recipe { name = "orthogonalise", version = "1.0", api = 1, about = "Removes a side effect." }
local opt = cast.options {
  layer = { 14, "block whose output is read and steered", min = 0 },
  scale = { 0.5, "strength of the steering" },
}
local moods = require "moods"
local model = cast.model()
local layers = { opt.layer }

local rows = {}
for _, topic in ipairs { "the movie", "the concert", "the hotel", "your trip", "the food" } do
  local function told(text)
    return { moods.ask("How was " .. topic .. "?")[1], { role = "assistant", content = text } }
  end
  rows[#rows + 1] = {
    told("I am delighted to report that it was truly excellent."),
    told("Yeah dude, it was kinda crap, I hated it, lol."),
  }
end
local confounded = cast.vector.build(model, cast.dataset.pairs(rows), { layers = layers })
local glad = cast.vector.build(model, moods.glad(), { layers = layers })
local clean = confounded:project_out(glad)

local variants = { false }
for i, v in ipairs { confounded, clean } do variants[i + 1] = { v, scale = opt.scale } end
local gladness = moods.gladness(model, { variants = variants })
local formality = moods.formality(model, { variants = variants })

print("vector          cosine with glad  gladness  formality")
for i, name in ipairs { "none", "confounded", "orthogonalised" } do
  local v = variants[i] and variants[i][1]
  local cosine = v and ("%.3f"):format(v:cosine(glad)[opt.layer]) or "–"
  print(("%-14s  %16s  %+8.2f  %+9.2f"):format(name, cosine, gladness[i] - gladness[1],
    formality[i] - formality[1]))
end
