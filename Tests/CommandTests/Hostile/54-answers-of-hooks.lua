-- expect: ok
local model = cast.model()
local other
local keeper = cast.on_layer(0, function(ctx) other = ctx.hidden end)
model:forward({10, 20, 30})
keeper:remove()
local function fails(answer)
  local h <close> = cast.on_layer(1, answer)
  return not pcall(model.forward, model, {10, 20, 30})
end
assert(fails(function() return "x" end))
assert(fails(function() return 1 end))
assert(fails(function() return true end))
assert(fails(function() return {} end))
assert(fails(function() return print end))
assert(fails(function(ctx) return ctx end))
assert(fails(function(ctx) return ctx.hidden:row(1) end))
assert(fails(function(ctx) return ctx.hidden:t() end))
assert(fails(function() return other end))
assert(fails(function() return cast.tensor.zeros(3, 1) end))
assert(fails(function(ctx) local t = ctx.hidden:clone() t:free() return t end))
assert(not fails(function(ctx) return ctx.hidden end))
for _, answer in ipairs{
  function() return "x" end, function() return cast.tensor.zeros(3) end,
  function() return other end, function(ctx) return ctx end,
} do
  local h <close> = cast.on_token(answer)
  assert(not pcall(model.generate, model, {10}, {max_tokens = 2}))
end
