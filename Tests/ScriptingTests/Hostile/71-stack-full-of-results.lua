-- expect: ok
local function fill(n)
  if n == 0 then return cast.json.decode('[[[[1]]]]') end
  return fill(n - 1), n
end
pcall(fill, 190000)
local t = {}
for i = 1, 100000 do t[i] = i end
pcall(function() return cast.json.encode(t, table.unpack(t)) end)
pcall(coroutine.wrap(function(...) return cast.json.encode(...) end), table.unpack(t))
