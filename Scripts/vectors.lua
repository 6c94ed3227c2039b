-- Makes the vectors of the folder Vectors, and says of each whether it does more than its controls.
--
--   casthost run Scripts/vectors.lua                              judges them
--   casthost run Scripts/vectors.lua --out Vectors --force        writes them too
--
-- The pairs are written here and in lib/moods.lua. A vector is judged on questions that none of the
-- pairs asks: how much likelier one answer becomes than another, next to random directions as long
-- and to vectors of shuffled labels. The same command gives the same bytes.
cast.recipe { name = "vectors", version = "1.0", api = 1, about = "Makes the project's vectors." }
local opt = cast.options {
  only = { "", "the name of one vector, as formal.mean_diff" },
  controls = { 99, "random directions; half as many shuffled labels", min = 19 },
}
local moods = require "moods"
local model = cast.model()

-- What is made: its name, the pairs, how, where, how strongly it is judged, and by which answers.
local band = { 8, 9, 10, 11, 12, 13, 14 }
local list = {
  { "glad.mean_diff", moods.glad(), "mean_diff", { 10 }, 1, "I love it.", "I hate it." },
  { "glad.pca_center", moods.glad(), "pca_center", band, 1.5, "I love it.", "I hate it." },
  { "formal.mean_diff", moods.formal(), "mean_diff", band, 0.25, "It is most satisfactory.",
    "Yeah, it's kinda cool." },
}

for _, entry in ipairs(list) do
  local name, data, method, layers, scale, positive, negative = table.unpack(entry)
  if opt.only == "" or opt.only == name then
    local build = { method = method, layers = layers }
    local vector = cast.vector.build(model, data, build)
    local items = {}
    for i, prompt in ipairs(moods.questions) do
      items[i] = { prompt = prompt, positive = positive, negative = negative }
    end
    local found = cast.evaluate { train = data, build = build, items = items, scales = { scale },
      controls = { random = opt.controls, shuffled = opt.controls // 2 } }
    print(("%s, %d pairs, layers %s to %s, strength %g: %s"):format(name, #data, layers[1],
      layers[#layers], scale, found.line))
    local has_folder, path = pcall(cast.out, ("smollm2-135m-instruct.%s.gguf"):format(name))
    if has_folder then assert(vector:save(path)) end
  end
end
