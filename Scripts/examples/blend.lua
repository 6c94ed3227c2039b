-- Blending two vectors: glad, formal, and both at once.
--
--   casthost run Scripts/examples/blend.lua
--   casthost run Scripts/examples/blend.lua -- --glad=-1
--
-- Vectors are added like numbers. The table shows that each of them moves its own quantity, and
-- that their sum moves both: "gladness" is how much likelier "I love it." is than "I hate it.", in
-- nats, "formality" the same for "It is most satisfactory." and "Yeah, it's kinda cool.".
cast.recipe { name = "blend", version = "1.0", api = 1, about = "Adds two vectors up." }
local opt = cast.options {
  layer = { 10, "block whose output is read and steered", min = 0 },
  glad = { 1.0, "how much of the glad vector" },
  formal = { 0.5, "how much of the formal vector" },
}
local moods = require "moods"
local model = cast.model()

local function build(data) return cast.vector.build(model, data, { layers = { opt.layer } }) end
local glad = build(moods.glad()) * opt.glad
local formal = build(moods.formal()) * opt.formal
local both = glad + formal

print(("cosine of glad and formal at layer %d: %.2f\n"):format(
  opt.layer, glad:cosine(formal)[opt.layer]))

local rows = { { "none", false }, { "glad", glad }, { "formal", formal }, { "both", both } }
local variants = {}
for i, row in ipairs(rows) do variants[i] = row[2] and { row[2] } end
local gladness = moods.gladness(model, { variants = variants })
local formality = moods.formality(model, { variants = variants })

print("vector  gladness  formality")
for i, row in ipairs(rows) do
  print(("%-6s  %+8.2f  %+9.2f"):format(row[1], gladness[i], formality[i]))
end

local answers = {}
for i, row in ipairs(rows) do
  answers[i] = { moods.ask "How was your day?", max_tokens = 30, steer = row[2] or nil }
end
for i, answer in ipairs(model:generate_batch(answers)) do
  print(("\n%s: %s"):format(rows[i][1], answer.text))
end
