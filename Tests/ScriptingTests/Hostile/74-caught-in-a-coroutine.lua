-- expect: error: time limit exceeded
while true do
  local co = coroutine.wrap(function() while true do pcall(function() while true do end end) end end)
  pcall(co)
end
