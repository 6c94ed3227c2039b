-- expect: error: C stack overflow
local function chain(n)
  local co = coroutine.create(function()
    local x <close> = setmetatable({}, {__close = function() assert(chain(n - 1)) end})
    coroutine.yield()
  end)
  coroutine.resume(co)
  local ok, message = coroutine.close(co)
  if not ok then error(message, 0) end
  return true
end
chain(20000)
