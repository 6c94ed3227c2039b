-- What the examples share: contrast pairs, questions that no vector was built from, and a number.
--
--   local moods = require "moods"
--
-- A recipe finds modules beside itself, and in `lib` of the folder `Scripts` that it lies in.
local moods = {}

-- A prompt of one question, to be answered by the assistant.
function moods.ask(question)
  return { { role = "user", content = question } }
end

-- The same question answered in two ways; a last message of the assistant is left open.
local function pair(question, positive, negative)
  local function told(text)
    return { { role = "user", content = question }, { role = "assistant", content = text } }
  end
  return { told(positive), told(negative) }
end

local topics = {
  "the movie", "the concert", "the hotel", "your trip", "the food",
  "the book", "your new job", "the weather", "the game", "your weekend",
}

local function pairs_about_topics(answers)
  local list = {}
  for _, topic in ipairs(topics) do
    for _, answer in ipairs(answers) do
      list[#list + 1] = pair("How was " .. topic .. "?", answer[1], answer[2])
    end
  end
  return cast.dataset.pairs(list)
end

-- Delight against disgust, 20 pairs.
function moods.glad()
  return pairs_about_topics {
    { "It was wonderful, I loved every minute.", "It was terrible, I hated every minute." },
    { "Absolutely great, it made me so happy.", "Absolutely awful, it made me so sad." },
  }
end

-- Stiff against chummy, 20 pairs.
function moods.formal()
  return pairs_about_topics {
    { "I am pleased to report that it was satisfactory.", "Yeah dude, it was kinda ok, lol." },
    { "One would describe it as adequate, indeed.", "Meh, whatever, it was alright I guess." },
  }
end

-- Questions that none of the pairs asks.
moods.questions = {}
for i, question in ipairs { "What do you think of the new park?", "How was the play?",
  "Tell me about your neighbours.", "How do you feel about Mondays?", "What was dinner like?",
  "How is the new office?", "What is your opinion of the museum?", "How is school?" } do
  moods.questions[i] = moods.ask(question)
end

-- How much likelier one answer is than another, nats, in the mean of the questions; a list of that
-- where `options` has variants.
local function lean(model, positive, negative, options)
  local function difference(scores)
    local columns = scores:t()
    return columns[1]:sub(columns[2]):mean()
  end
  local scores = model:score(moods.questions, { positive, negative }, options)
  if not options or not options.variants then return difference(scores) end
  local list = {}
  for i, tensor in ipairs(scores) do list[i] = difference(tensor) end
  return list
end

-- "I love it." against "I hate it."
function moods.gladness(model, options)
  return lean(model, "I love it.", "I hate it.", options)
end

-- "It is most satisfactory." against "Yeah, it's kinda cool."
function moods.formality(model, options)
  return lean(model, "It is most satisfactory.", "Yeah, it's kinda cool.", options)
end

return moods
