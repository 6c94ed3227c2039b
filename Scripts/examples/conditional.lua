-- Conditional steering: glad answers to questions about food, and to no others.
--
--   casthost run Scripts/examples/conditional.lua
--
-- A second vector points from prompts about anything to prompts about food. Each prompt is run once
-- without steering and compared with it; only those that are similar enough are steered. The table
-- shows the similarity, what was decided, and how much likelier "I love it." became against "I hate
-- it.", in nats.
cast.recipe { name = "conditional", version = "1.0", api = 1, about = "Steers some prompts only." }
local opt = cast.options {
  layer = { 10, "block whose output is steered", min = 0 },
  topic_layer = { 24, "block where the topic of the prompt is read", min = 0 },
  scale = { 1.0, "strength of the steering" },
}
local moods = require "moods"
local model = cast.model()

local food = { "What did you have for lunch?", "How do I cook rice?", "Is this soup too salty?",
  "Which cheese do you like?", "Can you recommend a bakery?", "How was the pasta?",
  "Do you like apples?", "Tell me about bread." }
local other = { "What did you do at school?", "How do I fix a bike?", "Is this road too narrow?",
  "Which colour do you like?", "Can you recommend a dentist?", "How was the flight?",
  "Do you like cats?", "Tell me about trains." }
local rows = {}
for i = 1, #food do rows[i] = { moods.ask(food[i]), moods.ask(other[i]) } end
local topic = cast.vector.build(model, cast.dataset.pairs(rows), { layers = { opt.topic_layer } })

-- The threshold lies half way between the two kinds of prompts.
local function mean_similarity(questions)
  local prompts = {}
  for i, question in ipairs(questions) do prompts[i] = moods.ask(question) end
  local layer = opt.topic_layer
  return model:activations(prompts, { layers = { layer } })[layer]:cosine(topic[layer]):mean()
end
local threshold = (mean_similarity(food) + mean_similarity(other)) / 2

local glad = cast.vector.build(model, moods.glad(), { layers = { opt.layer } })
local when = { topic, opt.topic_layer, above = threshold }

print(("steered where the similarity is above %.3f\n"):format(threshold))
print("similarity  steered  change  question")
for _, question in ipairs { "What was dinner like?", "Do you like tomatoes?", "How is the pizza?",
  "Tell me about your breakfast.", "How was the restaurant?", "How is the new office?",
  "How was the play?", "Do you like football?", "Tell me about your neighbours.",
  "How is school?" } do
  local function gladness(steer)
    local score = model:score({ moods.ask(question) }, { "I love it.", "I hate it." },
      { steer = steer })
    return score[1][1] - score[1][2]
  end
  local handle <close> = model:steer(glad, { scale = opt.scale, when = when })
  local steered = gladness()
  local decided = handle.effect.when
  handle:close()
  print(("%10.3f  %-7s  %+6.2f  %s"):format(decided.similarity, decided.held > 0 and "yes" or "no",
    steered - gladness(), question))
end
