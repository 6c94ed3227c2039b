-- expect: error: time limit exceeded
local loop = setmetatable({}, {__close = function() while true do end end})
local function nest(n)
  local x <close> = loop
  if n > 0 then nest(n - 1) end
  while true do end
end
nest(50)
