-- expect: error: memory limit exceeded
-- expect: error: time limit exceeded
-- expect: exit: 124
-- expect: exit: 125
local s = ("x"):rep(1 << 20)
for _ = 1, 20 do s = s:gsub("x", "xx") end
