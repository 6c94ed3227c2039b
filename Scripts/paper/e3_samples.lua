-- E3 of arXiv 2505.03189: how many contrast pairs does a vector need?
--
--   casthost run Scripts/paper/e3_samples.lua --allow-read=DIR --out results -- --quick
--
-- Vectors of N pairs, drawn several times from a pool, are added at one layer with one strength
-- and all answer the same questions. A draw has as many pairs with one right answer as with the
-- other, and its vector the length of the whole pool's: else small draws are mostly a long vector
-- from "No" to "Yes" or back (--balanced=false and --length=own show it). Printed for each N: p of
-- the matching answer, mean of the draws and their spread, the cosine with the vector of the pairs
-- that were not drawn, and the draws' own length; and p with random directions of that length.
-- Draws that are large beside the pool agree with it and with each other because they share pairs:
-- the pairs that were not drawn tell more. Where the largest N has an effect at all, a curve
-- a - b N^-c is fitted; the elbow is the first N from which on all have nine tenths of that effect.
-- The activations of each pair are read once, since a mean difference of N pairs is the mean of N
-- differences.
cast.recipe { name = "e3_samples", version = "1.0", api = 1,
  about = "The effect of a CAA vector by the number of its contrast pairs." }
local protocol = require "protocol"
local opt = protocol.options({
  layer = { 14, "block whose output is read and steered", min = 0 },
  scale = { 16.0, "strength" },
  counts = { { 2, 4, 10, 20, 40, 60, 80, 100, 150, 200, 400 },
    "numbers of pairs; odd ones cannot be balanced" },
  draws = { 10, "how often each number is drawn", min = 2 },
  balanced = { true, "draw as many pairs of each right answer" },
  length = { "pool", "length of a draw's vector: that of the pool's, or its own",
    choices = { "pool", "own" } },
}, { counts = { 2, 10, 20, 40, 80 }, draws = 3 })
local model = cast.model()
opt.train = math.max(opt.train, math.max(table.unpack(opt.counts)))

-- The least squares fit of a - b N^-c, by trying c.
local function fit(counts, values)
  local best
  for c = 0.05, 3, 0.05 do
    local x = {}
    for i, n in ipairs(counts) do x[i] = n ^ -c end
    local line = cast.stats.line(x, values)
    if not best or line.mse < best.mse then
      best = { a = line.intercept, b = -line.slope, c = c, mse = line.mse }
    end
  end
  return best
end

-- A draw of n pairs, the right answers in turn, as their numbers.
local function draw_pairs(rows, n)
  local by_answer, answers = {}, {}
  for i = 1, #rows do
    local answer = opt.balanced and rows[i].matching or "any"
    if not by_answer[answer] then
      by_answer[answer] = {}
      answers[#answers + 1] = answer
    end
    table.insert(by_answer[answer], i)
  end
  -- Which answer begins is drawn too.
  local first, drawn = cast.random(#answers), {}
  for i = 1, n do
    local left = by_answer[answers[(first + i) % #answers + 1]]
    drawn[i] = table.remove(left, cast.random(#left))
  end
  return drawn
end

-- What a source changes in p of each question.
local function changes(report, source)
  local unsteered, found = {}, {}
  for _, row in ipairs(report:table { per_prompt = true }) do   -- "none" comes first
    if row.source == "none" then unsteered[row.prompt] = row["choice.p"] end
    if row.source == source then found[#found + 1] = row["choice.p"] - unsteered[row.prompt] end
  end
  return found
end

for _, name in ipairs(opt.behaviours) do
  local data = protocol.load(opt, name)
  local sides = { {}, {} }
  for i = 1, #data.train do
    sides[1][i], sides[2][i] = data.train[i].positive, data.train[i].negative
  end
  local read = { layers = { opt.layer }, position = data.position }
  local plus = model:activations(sides[1], read)[opt.layer]
  local differences = plus:sub(model:activations(sides[2], read)[opt.layer])
  local full = differences:mean(1)

  local vectors, counts = {}, {}
  for _, n in ipairs(opt.counts) do
    if n <= #data.train then counts[#counts + 1] = n end
  end
  for _, n in ipairs(counts) do
    for draw = 1, opt.draws do
      local sum = cast.tensor.zeros(model.d_model)
      for _, i in ipairs(draw_pairs(data.train, n)) do sum:add_(differences[i]) end
      local own = sum:scale(1 / n)
      local rest = full:scale(#data.train):sub(sum)
      local v = opt.length == "own" and own or own:scale(full:norm() / own:norm())
      vectors[("%d/%d"):format(n, draw)] = { cast.vector.from(model, { [opt.layer] = v }),
        n < #data.train and own:cosine(rest) or nil, own:norm() }
    end
  end
  for draw = 1, opt.draws do
    local any = cast.tensor.randn(model.d_model)
    vectors["random/" .. draw] = { cast.vector.from(model,
      { [opt.layer] = any:scale(full:norm() / any:norm()) }) }
  end
  local points = { { source = "none" } }
  for _, n in ipairs(counts) do
    for draw = 1, opt.draws do points[#points + 1] = { source = ("%d/%d"):format(n, draw) } end
  end
  for draw = 1, opt.draws do points[#points + 1] = { source = "random/" .. draw } end
  local report = cast.sweep {
    prompts = cast.questions(data.test), grid = points, run = function() return "" end,
    metrics = { cast.metrics.choice { steer = function(params)
      local made = vectors[params.source]
      return made and { made[1], scale = opt.scale, positions = opt.positions } or false
    end } },
  }
  local found = {}
  for _, row in ipairs(report:table()) do found[row.source] = row["choice.p"] end
  print(("\n%s: layer %d, strength %g, pool of %d pairs, %d test questions; p unsteered %.3f")
    :format(name, opt.layer, opt.scale, #data.train, #data.test, found.none))
  print("pairs  p, mean of draws [95 %]      spread  cosine with the rest  own length / all's")
  local means = {}
  for i, n in ipairs(counts) do
    local values, cosine, length = {}, 0, 0
    for draw = 1, opt.draws do
      local key = ("%d/%d"):format(n, draw)
      values[draw] = found[key]
      cosine = cosine and vectors[key][2] and cosine + vectors[key][2] / opt.draws
      length = length + vectors[key][3] / full:norm() / opt.draws
    end
    means[i] = cast.tensor.from(values):mean()
    print(("%5d  %-28s  %.3f   %-20s  %.2f"):format(n, protocol.mean(values),
      cast.tensor.from(values):std(), cosine and ("%.3f"):format(cosine) or "none left", length))
  end
  local random = {}
  for draw = 1, opt.draws do random[draw] = found["random/" .. draw] end
  print(("random directions: p %s"):format(protocol.mean(random)))
  -- From the largest N down, as long as the effect is all but a tenth of that of the largest.
  local elbow
  for i = #counts - 1, 1, -1 do
    local missing = math.abs(means[i] - means[#means])
    if missing > 0.1 * math.abs(means[#means] - found.none) then break end
    elbow = counts[i]
  end
  local ci = cast.stats.bootstrap(changes(report, ("%d/1"):format(counts[#counts])), { seed = 1 })
  print(("change of p with %d pairs: %+.3f [%+.3f, %+.3f]"):format(counts[#counts], ci.estimate,
    ci.lower, ci.upper))
  if ci.lower <= 0 and ci.upper >= 0 then
    print("no effect, so no curve and no elbow")
  else
    local curve = fit(counts, means)
    print(("fit: %.3f - %.3f N^-%.2f%s; elbow at %s pairs"):format(curve.a, curve.b, curve.c,
      curve.c < 0.06 and " (does not level off)" or "", elbow or "none of these numbers of"))
  end
end
