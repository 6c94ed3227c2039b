-- expect: error: time limit exceeded
local loop = setmetatable({}, {__close = function() while true do end end})
local co = coroutine.create(function()
  local x <close> = loop
  while true do end
end)
pcall(coroutine.resume, co)
pcall(coroutine.close, co)
