-- expect: error: memory limit exceeded
-- expect: error: the source is too large
local parts = {}
for i = 1, 3000000 do parts[i] = "{}" end
assert(load("return {" .. table.concat(parts, ",") .. "}"))
