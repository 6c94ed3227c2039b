-- A strength schedule: a push that fades out, against one that lasts.
--
--   casthost run Scripts/examples/schedule.lua
--   casthost run Scripts/examples/schedule.lua -- --scale=3 --half=6
--
-- A strong vector sets the tone of an answer, and spoils it if it goes on pushing. Here the
-- strength is a function of the step: 0 is the whole prompt, 1, 2, … are the tokens that follow.
-- Perplexity is that of the answer under the model without steering: how unlike itself it was.
cast.recipe { name = "schedule", version = "1.0", api = 1, about = "Lets a push fade out." }
local opt = cast.options {
  layer = { 10, "block whose output is read and steered", min = 0 },
  scale = { 4.0, "strength at the start" },
  half = { 12, "steps after which half of it is left", min = 1 },
  tokens = { 40, "length of an answer", min = 1 },
}
local moods = require "moods"
local model = cast.model()
local glad = cast.vector.build(model, moods.glad(), { layers = { opt.layer } })

local schedules = {
  { "none", 0 },
  { "lasting", opt.scale },
  { "fading", function(step) return opt.scale * 0.5 ^ (step / opt.half) end },
}
local perplexity = cast.metrics.perplexity(model)
local cheer = cast.metrics.contains { "love", "wonderful", "happy", "excite", "joy", "great",
  "amazing", "beautiful", "delight", "fun", "enjoy", "thrilled", "glad" }

local examples = {}
print("schedule  perplexity  cheerful")
for _, schedule in ipairs(schedules) do
  local name, scale = schedule[1], schedule[2]
  local rows = {}
  for i, question in ipairs(moods.questions) do
    local steer = { glad, scale = scale, positions = "response" }
    rows[i] = { question, max_tokens = opt.tokens, steer = steer }
  end
  local surprise, cheerful = 0, 0
  local answers = model:generate_batch(rows)
  for i, answer in ipairs(answers) do
    local sample = { prompt = moods.questions[i], text = answer.text, tokens = answer.tokens }
    surprise = surprise + math.log(perplexity(sample)) / #rows
    cheerful = cheerful + cheer(sample)
  end
  print(("%-8s  %10.2f  %5d of %d"):format(name, math.exp(surprise), cheerful, #rows))
  examples[#examples + 1] = name .. ": " .. answers[4].text
end
for _, text in ipairs(examples) do print("\n" .. text) end
