-- expect: ok
assert(not rawget(string, "dump"))
assert(not load("\27Lua\x54\0"))
assert(not load("\27Lua\x54\0", "x", "b"))
assert(not load("return 1", "x", "b"))
assert(not pcall(load, function() return nil end))
