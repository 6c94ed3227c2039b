-- expect: error: time limit exceeded
-- expect: error: memory limit exceeded
local kept = {}
for i = 1, 3000000 do
  local mt = {}
  local t = setmetatable({}, mt)
  mt.__mode = "kv"
  mt.__newindex = setmetatable({}, {__mode = nil, __newindex = {}})
  t[i] = {i}
  kept[i % 100000] = t
  if i > 2000000 then kept[i] = t end
end
