-- expect: ok
local function refused(text) assert(not pcall(cast.json.decode, text), text:sub(1, 40)) end
refused(("["):rep(100000))
refused(("["):rep(100000) .. ("]"):rep(100000))
refused(("9"):rep(10000000))
refused([["\ud800"]])
refused([["\udc00\ud800"]])
refused('"a\0b"')
refused("[1]\0")
refused([[{"a": 1, "a": 2}]])
refused("1e999")
refused("[1,]")
refused("{1: 2}")
refused("nul")
refused("")
refused("+1")
refused("01")
refused('"\xff"')
local cycle = {}
cycle[1] = cycle
assert(not pcall(cast.json.encode, cycle))
assert(not pcall(cast.json.encode, 0 / 0))
assert(not pcall(cast.json.encode, print))
assert(not pcall(cast.json.encode, "\xff"))
