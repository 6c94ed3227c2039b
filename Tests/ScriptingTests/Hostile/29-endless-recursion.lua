-- expect: error: stack overflow
-- expect: error: memory limit exceeded
local function f() return 1 + f() end
f()
