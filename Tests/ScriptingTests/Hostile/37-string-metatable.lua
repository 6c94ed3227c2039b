-- expect: ok
assert(getmetatable("") == false)
assert(not pcall(function() getmetatable("").__index = {} end))
assert(("x"):rep(2) == "xx")
