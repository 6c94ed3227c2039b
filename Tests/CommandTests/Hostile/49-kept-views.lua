-- expect: ok
local model = cast.model()
local kept = {}
local function expired(what, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find("expired view", 1, true), what .. ": " .. tostring(message))
end
local function all_expired(where)
  local h, row, turned, add = kept.hidden, kept.row, kept.turned, kept.add
  for _, view in ipairs{h, row, turned} do
    expired(where .. " index", function() return view[1] end)
    expired(where .. " length", function() return #view end)
    expired(where .. " shape", function() return view.shape end)
    expired(where .. " method", function() return view:clone() end)
    expired(where .. " write", function() view:fill_(1) end)
    expired(where .. " arithmetic", function() return view + 1 end)
    expired(where .. " stack", function() return cast.tensor.stack{view} end)
  end
  expired(where .. " method value", add, h, 1)
  expired(where .. " as an argument", function() return cast.tensor.zeros(#kept.copy):dot(row) end)
  assert(#kept.copy > 0 and tostring(h) ~= nil)
end
local first = cast.on_layer(0, function(ctx)
  if kept.hidden then return end
  local h = ctx.hidden
  kept = {hidden = h, row = h:row(1), turned = h:rows(1, 2), add = h.add_, copy = h:row(1):clone(), ctx = ctx}
end)
local second = cast.on_layer(1, function() all_expired("a later hook") end)
model:forward({10, 20, 30})
first:remove()
second:remove()
all_expired("the recipe")
local co = coroutine.create(function() all_expired("a coroutine") end)
assert(coroutine.resume(co))
expired("the context", function() return kept.ctx.hidden[1] end)
local logits
cast.on_token(function(ctx) logits = logits or {ctx.logits, ctx} end)
model:generate({10, 20}, {max_tokens = 2})
expired("logits", function() return logits[1][1] end)
assert(not pcall(function() logits[2]:bias(1, 1) end))
assert(not pcall(function() return logits[2]:top(1) end))
