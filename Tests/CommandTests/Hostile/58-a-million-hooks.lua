-- expect: error: hooks are registered already
local function f() end
for _ = 1, 1e6 do cast.on_token(f) end
