-- expect: ok
for _, name in ipairs{"execute", "exit", "getenv", "remove", "rename", "setlocale", "tmpname"} do
  local ok, message = pcall(function() return os[name] end)
  assert(not ok and message:find("not available in the sandbox", 1, true), name)
end
local ok, message = pcall(function() return io.open end)
assert(not ok and message:find("cast.read", 1, true))
assert(not pcall(function() return dofile end))
