-- expect: ok
local model = cast.model()
local v = cast.vector.build(model, cast.dataset.pairs{{{10, 20}, {11, 21}}, {{30}, {31}}}, {layers = {0}})
for _, scale in ipairs{math.huge, -math.huge, 0 / 0, 1e300} do
  local ok = pcall(function()
    local s <close> = model:steer(v, {scale = scale})
    return model:forward({10, 20})
  end)
  assert(not ok, tostring(scale))
end
assert(not pcall(function() return v * math.huge end) or not pcall(function()
  local s <close> = model:steer(v * math.huge)
  return model:forward({10, 20})
end))
