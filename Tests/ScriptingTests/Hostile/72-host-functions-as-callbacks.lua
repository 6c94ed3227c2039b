-- expect: ok
local t = {}
for i = 1, 50 do t[i] = 50 - i end
pcall(table.sort, t, cast.json.encode)
pcall(string.gsub, "abc", ".", cast.json.decode)
pcall(xpcall, cast.json.decode, cast.json.decode, 1)
setmetatable(t, {__index = cast.json.encode, __len = cast.spairs, __call = cast.log.info})
pcall(function() return t.x, #t, t() end)
pcall(coroutine.wrap(cast.json.encode), {})
for _ in pairs(cast) do end
for _, f in ipairs{cast.spairs, cast.random, cast.tensor.from, cast.tensor.stack, cast.out} do
  for _, value in ipairs{{}, "x", -1, 1.5, print, cast, t} do pcall(f, value, value, value) end
end
