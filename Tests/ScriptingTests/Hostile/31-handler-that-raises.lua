-- expect: ok
local ok = xpcall(function() error("a") end, function() error("b") end)
assert(not ok)
local function handler(e) return handler(e) + 1 end
assert(not xpcall(error, handler))
