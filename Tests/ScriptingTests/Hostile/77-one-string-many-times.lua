-- expect: error: table too large to be passed to the host
local s, t = ("x"):rep(1 << 20), {}
for i = 1, 100000 do t[i] = s end
cast.json.encode(t)
