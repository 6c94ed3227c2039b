-- expect: error: memory limit exceeded
-- expect: error: limit
local pairs = {}
for i = 1, 1e7 do pairs[i] = {"a", "b"} end
cast.dataset.pairs(pairs)
