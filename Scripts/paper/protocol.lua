-- What the recipes of this folder share: where the data is, how it is cut, what is saved.
--
--   local protocol = require "protocol"
local protocol = {}

-- Folders of Model-Written Evals, in which a behaviour's file is looked for.
local folders = { "persona", "advanced-ai-risk/lm_generated_evals",
  "advanced-ai-risk/human_generated_evals" }

-- The options of a recipe: those that all have, its own, and with --quick small ones for both.
function protocol.options(own, quick)
  local all = {
    data = { "../../../shared/datasets/mwe", "folder of Model-Written Evals (needs --allow-read)" },
    behaviours = { { "openness", "agreeableness", "power-seeking-inclination" },
      "names of its files, without .jsonl" },
    train = { 200, "pairs that vectors are built from", min = 2 },
    validation = { 200, "questions that settings are chosen on", min = 5 },
    test = { 200, "questions that are reported", min = 5 },
    positions = { "response", "tokens that are steered: from the last one of the prompt on",
      choices = { "response", "all", "last_prompt" } },
    quick = { false, "a small run of two minutes; replaces most other options" },
  }
  for name, option in pairs(own) do all[name] = option end
  local opt = cast.options(all)
  if opt.quick then
    opt.train, opt.validation, opt.test = 80, 30, 40
    for name, value in pairs(quick) do opt[name] = value end
  end
  return opt
end

-- So many of the rows, the same number of each right answer: in a vector of 45 Yes and 35 No the
-- direction of "Yes" would outweigh that of the behaviour, and in a test reward any push to it.
local function balanced(rows, count, what)
  local counts, labels = {}, 0
  for i = 1, #rows do
    local label = rows[i].matching
    if not counts[label] then counts[label], labels = 0, labels + 1 end
    counts[label] = counts[label] + 1
  end
  if labels < 2 then
    error(("%s: %d rows with %d right answers (at least two answers expected). Give more of the "
      .. "file to this part with --train, --validation and --test"):format(what, #rows, labels), 0)
  end
  local each = count // labels
  for _, found in pairs(counts) do each = math.min(each, found) end
  local taken = {}
  return rows:filter(function(row)
    taken[row.matching] = (taken[row.matching] or 0) + 1
    return taken[row.matching] <= each
  end)
end

-- A behaviour's rows in three parts that share no question, and at which token it is read: the last
-- of " Yes" or " No", but the letter of " (A)".
function protocol.load(opt, name)
  local rows, message
  for _, folder in ipairs(folders) do
    rows, message = cast.dataset.load(("%s/%s/%s.jsonl"):format(opt.data, folder, name))
    if rows then break end
  end
  if not rows then error(("%s: %s. Name the folder with --data=DIR"):format(name, message), 0) end
  local share = opt.train + opt.validation + opt.test
  local train, rest = rows:shuffle(cast.seed):split(opt.train / share)
  local validation, test = rest:split(opt.validation / (opt.validation + opt.test))
  local is_lettered = cast.questions(test:take(1))[1].swapped ~= nil
  return { name = name, train = balanced(train, opt.train, name .. ", pairs"),
    validation = balanced(validation, opt.validation, name .. ", validation"),
    test = balanced(test, opt.test, name .. ", test"),
    position = is_lettered and -2 or -1 }
end

-- The questions of several parts, as one list.
function protocol.questions(...)
  local all = {}
  for _, part in ipairs { ... } do
    for _, question in ipairs(cast.questions(part)) do all[#all + 1] = question end
  end
  return all
end

-- Every nth of a model's layers.
function protocol.layers(model, every)
  local layers = {}
  for layer = every - 1, model.n_layers - 1, every do layers[#layers + 1] = layer end
  return layers
end

-- One of each n that follow each other, the middle one.
function protocol.every(n, layers)
  local some = {}
  for i = n // 2 + 1, #layers, n do some[#some + 1] = layers[i] end
  if #some == 0 then some[1] = layers[#layers // 2 + 1] end
  return some
end

-- The row of a sweep with the largest p of the matching answer at a strength above 0, and the one
-- without steering. Where both answers lose half of their probability, the model says something
-- else, and their ratio nothing.
function protocol.best_cell(rows)
  local best, unsteered
  for _, row in ipairs(rows) do
    if row.scale == 0 then unsteered = row end
  end
  for _, row in ipairs(rows) do
    local is_whole = row["choice.mass"] >= unsteered["choice.mass"] / 2
    if row.scale > 0 and is_whole and (not best or row["choice.p"] > best["choice.p"]) then
      best = row
    end
  end
  if not best then
    error("at every strength above 0 the answers lose half of their probability; give smaller ones "
      .. "with --scales", 0)
  end
  return best, unsteered
end

-- Strengths in order, with 0 among them.
function protocol.with_zero(scales)
  local list = { 0.0 }
  for _, scale in ipairs(scales) do
    if scale ~= 0 then list[#list + 1] = scale end
  end
  table.sort(list)
  return list
end

-- Saves what has been found, in a run with --out.
function protocol.save(name, write)
  local has_folder, path = pcall(cast.out, name)
  if has_folder then
    assert(write(path))
    print("  " .. name .. " is in the folder of --out")
  end
end

-- The mean and its 95 % interval, as text.
function protocol.mean(values, form)
  local found = cast.stats.bootstrap(values, { seed = 1 })
  form = form or "%.3f"
  return (form .. " [" .. form .. ", " .. form .. "]"):format(found.estimate, found.lower,
    found.upper)
end

return protocol
