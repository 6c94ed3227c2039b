-- expect: ok
local model = cast.model()
local function refused(register, f)
  local h <close> = register(f)
  local ok, message = pcall(model.generate, model, {10, 20}, {max_tokens = 2})
  assert(not ok and tostring(message):find("cannot be called in an on_", 1, true), tostring(message))
end
local function layer(f) return cast.on_layer(0, f) end
for _, register in ipairs{layer, cast.on_token} do
  refused(register, function() model:generate({1}, {max_tokens = 1}) end)
  refused(register, function() model:forward({1}) end)
  refused(register, function() cast.on_layer(0, print) end)
  refused(register, function() cast.on_token(print) end)
  refused(register, function() cast.read("x") end)
  refused(register, function() cast.model() end)
  refused(register, function() cast.write("x", "y") end)
end
local depth = 0
local function again()
  depth = depth + 1
  local set = cast.dataset.pairs{{"a", "b"}}
  set:map(again)
end
assert(not pcall(again))
assert(depth < 1000, depth)
