-- expect: ok
local hay, needle = ("a"):rep(1 << 23), ("a"):rep(1 << 22) .. "b"
assert(not hay:find(needle, 1, true))
assert(not hay:find(needle))
