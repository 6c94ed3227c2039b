-- Reading a vector that another tool wrote: repeng, llama.cpp, persona_vectors, CAA, IBM's CAST, …
--
--   casthost run Scripts/examples/other_tool.lua --allow-read=/tmp -- --vector=/tmp/happy.gguf
--
-- Most control vectors travel as GGUF: one direction for each layer, named direction.1, and so on;
-- direction.n is added to the output of block n, counted from 0, and there is none for block 0.
-- Other tools count otherwise; what was done to their layers is in the vector's passport. Where a
-- file leaves a doubt, --convention names its tool (Docs/Interoperability.md). The recipe says what
-- is in the file, and shows what it does to an answer, at a strength that is told in lengths of the
-- residual stream, since tools do not agree on the lengths of vectors.
cast.recipe { name = "other_tool", version = "1.0", api = 1, about = "Reads another's vector." }
local opt = cast.options {
  vector = { "", "path of a control vector" },
  convention = { "", "the tool that wrote it, where the file does not say" },
  share = { 0.1, "strength: share of the residual stream's length", min = 0 },
  tokens = { 30, "length of an answer", min = 1 },
}
local moods = require "moods"
if opt.vector == "" then error("name a file, as --allow-read=DIR -- --vector=DIR/NAME.gguf", 0) end

local vector = assert(cast.vector.load(opt.vector, {
  convention = opt.convention ~= "" and opt.convention or nil,
}))
local model = cast.model()
local layers = vector:layers()
print(("%s: %d layers, %s to %s; method %s"):format(opt.vector:match("[^/]+$"), #layers,
  layers[1], layers[#layers], vector.info.method or "not told"))
if vector.info.conversion then print(vector.info.conversion) end

-- A file of another tool does not say how long the residual stream is, so that is measured here.
local function scaled(share)
  local lengths = model:activations(moods.questions, { layers = layers })
  local directions = {}
  for _, layer in ipairs(layers) do
    local length = lengths[layer]:norm(2):mean()
    directions[layer] = vector[layer]:normalize():scale(share * length)
  end
  return cast.vector.from(model, directions)
end

local push = scaled(opt.share)
local gladness = moods.gladness(model, { variants = { { push, scale = -1 }, false, { push } } })
print("\nstrength  gladness  answer")
for i, scale in ipairs { -1, 0, 1 } do
  local answer = model:generate(moods.ask("How was your day?"), {
    max_tokens = opt.tokens, steer = { push, scale = scale },
  })
  print(("%+8.2f  %+8.2f  %s"):format(scale * opt.share, gladness[i], answer.text:gsub("\n", " ")))
end
