-- expect: error: time limit exceeded
local loop = setmetatable({}, {__close = function() while true do end end})
pcall(coroutine.wrap(function()
  local x <close> = loop
  while true do end
end))
