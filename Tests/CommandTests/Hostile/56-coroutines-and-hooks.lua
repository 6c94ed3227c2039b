-- expect: ok
local model = cast.model()
for _, register in ipairs{function(f) return cast.on_layer(0, f) end, cast.on_token} do
  local h <close> = register(function() coroutine.yield() end)
  local ok, message = pcall(model.generate, model, {10, 20}, {max_tokens = 2})
  assert(not ok and tostring(message):find("yield", 1, true), tostring(message))
end
-- A hook that is reached from a script's coroutine, and one that yields there.
local calls = 0
do
  local h <close> = cast.on_layer(0, function() calls = calls + 1 end)
  assert(coroutine.wrap(function() model:forward({10}) return true end)())
  assert(calls == 1)
end
do
  local h <close> = cast.on_layer(0, function() coroutine.yield() end)
  local ok = coroutine.resume(coroutine.create(function() model:forward({10}) end))
  assert(not ok)
end
-- Removed while it runs, by itself and by another.
local h, late
h = cast.on_layer(0, function() h:remove() calls = calls + 1 end)
late = cast.on_layer(0, function() calls = calls + 1 end, {priority = 90})
local early = cast.on_layer(0, function() late:remove() end, {priority = 1})
model:forward({10})
early:remove()
local before = calls
model:forward({10})
assert(calls == before)
