-- expect: ok
for _, value in ipairs{{}, print, coroutine.create(print), cast, cast.tensor.zeros(1), cast.json.null} do
  assert(not tostring(value):find("0x", 1, true))
  assert(not string.format("%s", value):find("0x", 1, true))
end
assert(not pcall(string.format, "%p", {}))
assert(not pcall(string.format, "%-10p", {}))
