-- expect: error: table too large to be passed to the host
local t = {}
for _ = 1, 60 do t = {t, t} end
cast.json.encode(t)
