-- expect: error: time limit exceeded
local function tree(depth)
  if depth == 0 then return end
  for _ = 1, 40 do
    coroutine.resume(coroutine.create(function() tree(depth - 1) end))
  end
end
tree(8)
