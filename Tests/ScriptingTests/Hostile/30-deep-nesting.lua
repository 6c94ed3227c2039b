-- expect: ok
local function nested(...) return pcall(...) end
local call = function() return true end
for _ = 1, 300 do
  local inner = call
  call = function() return pcall(inner) end
end
call()
local function again(s) return (s:gsub(".", again)) end
assert(not pcall(again, "x"))
assert(not load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300)))
assert(not load("return " .. ("{"):rep(100000)))
local function chain() return pcall(chain) end
chain()
local function recurse() return pcall(pcall, recurse) end
recurse()
local function wrapped() return coroutine.wrap(wrapped)() end
assert(not pcall(wrapped))
