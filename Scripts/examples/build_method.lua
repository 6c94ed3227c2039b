-- A build method of your own: a mean difference that does not believe every pair.
--
--   casthost run Scripts/examples/build_method.lua
--
-- Datasets have errors. Here every fourth pair is the wrong way round, so that a mean difference
-- points somewhat elsewhere and is half as long. The method of this recipe looks at where most
-- pairs point, leaves out those that point the other way, and looks again. It gets back what the
-- correct pairs give: the direction, the length, and with them the effect, which is how much
-- likelier "I love it." is than "I hate it." on questions that no pair asks, in nats.
cast.recipe { name = "build_method", version = "1.0", api = 1, about = "Distrusts some pairs." }
local opt = cast.options { layer = { 10, "block whose output is read", min = 0 } }
local moods = require "moods"
local model = cast.model()
local layers = { opt.layer }

local correct = moods.glad()
local turned = correct:map(function(row, i)
  if i % 4 == 0 then row.positive, row.negative = row.negative, row.positive end
  return row
end)

-- Both sides are tensors [pairs, d_model]; the direction that is returned is [d_model].
local function majority(positive, negative)
  local differences = positive:sub(negative)
  local directions = differences:normalize()
  local kept
  local mean = directions:mean(1)
  for _ = 1, 5 do
    kept = {}
    for pair, agreement in ipairs(directions:dot(mean):totable()) do
      if agreement > 0 then kept[#kept + 1] = pair end
    end
    mean = directions:rows(kept):mean(1)
  end
  return differences:rows(kept):mean(1)
end

local function build(data, method)
  return cast.vector.build(model, data, { layers = layers, method = method })
end
local reference = build(correct, "mean_diff")

print("built from            method     cosine with the first  length  gladness")
for _, row in ipairs { { "20 correct pairs", "mean_diff", reference },
  { "15 correct, 5 turned", "mean_diff", build(turned, "mean_diff") },
  { "15 correct, 5 turned", "majority", build(turned, majority) } } do
  local vector = row[3]
  print(("%-20s  %-9s  %21.3f  %6.1f  %+8.2f"):format(row[1], row[2],
    vector:cosine(reference)[opt.layer], vector:norms()[opt.layer],
    moods.gladness(model, { steer = { vector } })))
end
