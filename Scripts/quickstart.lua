-- Makes a model gloomy or glad, and shows that the vector did it, not the push as such.
cast.recipe { name = "quickstart", version = "1.0", api = 1 }
local opt = cast.options {
  layer = { 10, "block whose output is read and steered", min = 0 },
  scale = { 1.0, "strength of the steering", min = 0 },
  save = { "", "file for the vector, such as glad.gguf (needs --allow-write)" },
}
local model = cast.model()
local function user(question) return { role = "user", content = question } end

-- 1. Contrast pairs: the same question, answered with delight and with disgust.
local told = {
  { "It was wonderful, I loved every minute.", "It was terrible, I hated every minute." },
  { "Absolutely great, it made me so happy.", "Absolutely awful, it made me so sad." },
}
local data = {}
for _, topic in ipairs { "the movie", "the concert", "the hotel", "your trip", "the food",
  "the book", "your new job", "the weather", "the game", "your weekend" } do
  for _, answer in ipairs(told) do
    local function pair(text)
      return { user("How was " .. topic .. "?"), { role = "assistant", content = text } }
    end
    data[#data + 1] = { pair(answer[1]), pair(answer[2]) }
  end
end
data = cast.dataset.pairs(data)

-- 2. The vector, and controls as long as it that point anywhere.
local layers = { opt.layer }
local glad = cast.vector.build(model, data, { layers = layers })
local controls = {}
for i = 1, 4 do
  controls[i] = cast.vector.build(model, data, { layers = layers, method = "random", seed = i })
end
print(glad)
if opt.save ~= "" then assert(glad:save(opt.save)) end

-- 3. The number: how much likelier is "I love it." than "I hate it." on questions not seen above?
local held_out = {}
for i, question in ipairs { "What do you think of the new park?", "How was the play?",
  "Tell me about your neighbours.", "How do you feel about Mondays?", "What was dinner like?",
  "How is the new office?", "What is your opinion of the museum?", "How is school?" } do
  held_out[i] = { user(question) }
end
local function love_minus_hate(vector, scale)
  local score = model:score(held_out, { "I love it.", "I hate it." },
    { steer = { vector, scale = scale } })
  return score:t()[1]:sub(score:t()[2]):mean()
end

for _, scale in ipairs { -opt.scale, 0.0, opt.scale } do
  local sum = 0
  for _, control in ipairs(controls) do sum = sum + love_minus_hate(control, scale) end
  print(("\nscale %+.1f: love minus hate %+.2f nats (random vectors %+.2f)"):format(
    scale, love_minus_hate(glad, scale), sum / #controls))
  model:generate({ user("How was your day?") },
    { max_tokens = 36, stream = true, steer = { glad, scale = scale } })
  print()
end
