-- E6 of arXiv 2505.03189: what does steering cost where the behaviour is not asked for?
--
--   casthost run Scripts/paper/e6_perplexity.lua --allow-read=DIR --out results -- --quick
--
-- Perplexity, in windows of 512 tokens 256 apart, with a vector added at every position, of three
-- texts: "wiki" is WikiText-2's test text, "id" questions of the behaviour, "ood" prompts of the
-- paper's out-of-distribution sets with the model's own unsteered answers. Random directions of the
-- same length tell what any push of that size costs. Printed is the ratio to the unsteered
-- perplexity, and what the vector costs beyond the mean of the random directions, nats a token.
cast.recipe { name = "e6_perplexity", version = "1.0", api = 1,
  about = "Perplexity under steering, next to random directions of equal length." }
local protocol = require "protocol"
local opt = protocol.options({
  wiki = { "../../../shared/datasets/wikitext-2/test.txt", "text (needs --allow-read)" },
  ood = { "../../../shared/datasets/ood/open-ended/practical", "folder of prompts" },
  layers = { { 7, 14, 21 }, "layers" },
  scales = { { -16.0, -8.0, -4.0, 4.0, 8.0, 16.0 }, "strengths" },
  draws = { 10, "random directions", min = 1 },
  characters = { 12000, "length of each text", min = 1000 },
}, { layers = { 14 }, scales = { -16.0, 16.0 }, draws = 2, characters = 2500 })
local model = cast.model()

local function shortened(text) return text:sub(1, opt.characters) end

-- Prompts of the out-of-distribution sets for a behaviour, each with the model's answer.
local function answered(name)
  local prompts = {}
  for _, length in ipairs { "short", "medium", "long" } do
    local more = cast.dataset.prompts(("%s/%s-%s.json"):format(opt.ood, name, length),
      { chat = true })
    for _, item in ipairs(more or {}) do prompts[#prompts + 1] = item.prompt end
  end
  if #prompts == 0 then return nil end
  local parts, size = {}, 0
  for _, prompt in ipairs(prompts) do
    if size > opt.characters then break end
    local answer = model:generate(prompt, { max_tokens = 64 }).text
    parts[#parts + 1] = model:chat(prompt) .. answer
    size = size + #parts[#parts]
  end
  return table.concat(parts, "\n")
end

local wiki = shortened(assert(cast.read(opt.wiki)))
for _, name in ipairs(opt.behaviours) do
  local data = protocol.load(opt, name)
  local vector = cast.vector.build(model, data.train,
    { layers = opt.layers, position = data.position })
  local questions = {}
  for i = 1, #data.test do questions[i] = data.test[i].question end
  local texts = { wiki = wiki, id = shortened(table.concat(questions, "\n\n")),
    ood = answered(name) }
  local vectors, sources = { vector = vector }, { "vector" }
  for draw = 1, opt.draws do
    local source = ("random %d"):format(draw)
    sources[#sources + 1] = source
    vectors[source] = cast.vector.build(model, data.train,
      { layers = opt.layers, position = data.position, method = "random", seed = draw })
  end
  local base, metrics = {}, {}
  for label, text in cast.spairs(texts) do
    base[label] = model:perplexity(text)
    metrics[#metrics + 1] = cast.metrics.text_perplexity(text, { name = label,
      steer = function(p) return { vectors[p.source], layers = p.layers, scale = p.scale } end })
  end
  local report = cast.sweep {
    prompts = { name }, run = function() return "" end, metrics = metrics,
    grid = { layers = opt.layers, scale = opt.scales, source = sources },
  }
  local nll = {}
  for _, row in ipairs(report:table()) do
    for label in pairs(texts) do
      nll[("%s %d %g %s"):format(label, row.layers, row.scale, row.source)] = row[label .. ".nll"]
    end
  end
  print(("\n%s: %d pairs; unsteered perplexity"):format(name, #data.train))
  for label in cast.spairs(texts) do
    print(("  %-4s  %.2f, %d tokens"):format(label, base[label].perplexity, base[label].tokens))
  end
  print("text  layer  strength  perplexity ratio: vector, random [least, most]   beyond it, nats")
  for label in cast.spairs(texts) do
    for _, layer in ipairs(opt.layers) do
      for _, scale in ipairs(opt.scales) do
        local function change(source)
          return nll[("%s %d %g %s"):format(label, layer, scale, source)] - base[label].nll
        end
        local random = {}
        for draw = 1, opt.draws do random[draw] = change(("random %d"):format(draw)) end
        local mean = cast.tensor.from(random):mean()
        print(("%-4s  %5d  %8g  %16.3f, %.3f [%.3f, %.3f]   %20.3f"):format(label, layer, scale,
          math.exp(change("vector")), math.exp(mean), math.exp(math.min(table.unpack(random))),
          math.exp(math.max(table.unpack(random))), change("vector") - mean))
      end
    end
  end
  protocol.save(("e6-%s.csv"):format(name), function(path) return report:save(path) end)
end
