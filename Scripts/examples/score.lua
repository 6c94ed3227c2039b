-- Scoring a dataset: how often does the model prefer the answer that matches a behaviour?
--
--   casthost run Scripts/examples/score.lua
--   casthost run Scripts/examples/score.lua --allow-read=/data -- --data=/data/openness.jsonl
--
-- The file is JSON Lines as in Model-Written Evals: a question, the answer that matches, and the
-- other one. Half of it makes a vector, the other half is scored with and without it. An answer is
-- preferred where it has the larger log-probability.
cast.recipe { name = "score", version = "1.0", api = 1, about = "Scores a dataset." }
local opt = cast.options {
  data = { "cheerful.jsonl", "rows with a question, the matching answer, and the other one" },
  layer = { 10, "block whose output is read and steered", min = 0 },
  scale = { 2.0, "strength of the steering" },
}
local moods = require "moods"
local model = cast.model()

local data = assert(cast.dataset.load(opt.data))
local train, test = data:split(0.5)
local vector = cast.vector.build(model, train, { layers = { opt.layer } })
print(("%s: %d pairs make the vector, %d are scored\n"):format(opt.data, #train, #test))

local strengths = { -opt.scale, 0, opt.scale }
local variants, tallies = {}, {}
for i, scale in ipairs(strengths) do
  variants[i] = scale ~= 0 and { vector, scale = scale }
  tallies[i] = { matching = 0, margin = 0 }
end

for i = 1, #test do
  local row = test[i]
  local answers = { row.matching, row.not_matching }
  local scores = model:score({ moods.ask(row.question) }, answers, { variants = variants })
  for v, score in ipairs(scores) do
    local margin = score[1][1] - score[1][2]
    if margin > 0 then tallies[v].matching = tallies[v].matching + 1 end
    tallies[v].margin = tallies[v].margin + margin / #test
  end
end

print("strength  matching  mean margin, nats")
for v, scale in ipairs(strengths) do
  print(("%+8.1f  %5d/%-2d  %+17.2f"):format(scale, tallies[v].matching, #test, tallies[v].margin))
end
