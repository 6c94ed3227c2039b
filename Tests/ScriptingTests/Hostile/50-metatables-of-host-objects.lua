-- expect: ok
local t = cast.tensor.zeros(3)
assert(getmetatable(t) == false and getmetatable(cast) == false)
assert(not pcall(function() return t.__gc end))
assert(not pcall(setmetatable, t, {}))
local add = t.add_
for _, bad in ipairs{cast, {}, 1, "x", print, cast.json.null} do
  assert(not pcall(add, bad, 1))
  assert(not pcall(add, t, bad == 1 and "x" or bad))
end
