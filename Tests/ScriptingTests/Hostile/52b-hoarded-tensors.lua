-- expect: error: tensor memory limit exceeded
local kept = {}
for i = 1, 1e6 do kept[i] = cast.tensor.zeros(1000000) end
