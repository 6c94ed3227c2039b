-- Makes a model gloomy or cheerful, and shows that the vector did it, not the push as such.
cast.recipe { name = "quickstart", version = "1.0", api = 1 }

local opt = cast.options {
  layer = { 10, "block whose output is read and steered", min = 0 },
  scale = { 1.5, "strength of the steering", min = 0 },
  save = { "", "file to keep the vector in, for example out/cheer.gguf" },
}
local model = cast.model()

-- 1. Contrast pairs: the same question, answered with delight and with disgust.
local asked = { "the movie", "the concert", "the hotel", "your trip", "the food", "the book",
  "your new job", "the weather", "the game", "your weekend", "the party", "the city" }
local told = {
  { "It was wonderful, I loved every minute.", "It was terrible, I hated every minute." },
  { "Absolutely great, it made me so happy.", "Absolutely awful, it made me so sad." },
}
local function chat(question, answer)
  return { { role = "user", content = question }, { role = "assistant", content = answer } }
end
local pairs_ = {}
for _, topic in ipairs(asked) do
  for _, answer in ipairs(told) do
    local question = "How was " .. topic .. "?"
    pairs_[#pairs_ + 1] = { chat(question, answer[1]), chat(question, answer[2]) }
  end
end

-- 2. The vector: mean of delight minus disgust at the last token of each pair.
local data = cast.dataset.pairs(pairs_)
local cheer = cast.vector.build(model, data, { layers = { opt.layer } })
local random = cast.vector.build(model, data, { layers = { opt.layer }, method = "random" })
print(cheer)
if opt.save ~= "" then assert(cheer:save(opt.save)) end

-- 3. The number: how much likelier are loving than hating answers, on questions not seen above?
local held_out = {}
for i, question in ipairs { "What do you think of the new park?", "Tell me about your neighbours.",
  "How do you feel about Mondays?", "What was dinner like?", "How is the new office?" } do
  held_out[i] = { { role = "user", content = question } }
end
local function preference(vector, scale)
  local s = model:score(held_out, { "I love it.", "I hate it." },
    { steer = { vector, scale = scale } })
  return s:t()[1]:sub(s:t()[2]):mean()
end

for _, scale in ipairs { -opt.scale, 0, opt.scale } do
  print(("scale %+.1f   love − hate %+.2f nats   random vector %+.2f"):format(
    scale, preference(cheer, scale), preference(random, scale)))
  local answer = model:generate({ { role = "user", content = "How was your day?" } },
    { max_tokens = 40, steer = { cheer, scale = scale } })
  print("  " .. answer.text .. "\n")
end
