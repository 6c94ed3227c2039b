-- expect: error: time limit exceeded
-- expect: error: memory limit exceeded
local t = {}
for i = 1, 1e5 do t[i] = i .. ("x"):rep(1000) end
return #table.concat(t)
