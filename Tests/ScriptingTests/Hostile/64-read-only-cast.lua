-- expect: ok
assert(not pcall(function() cast.log = nil end))
assert(not pcall(function() cast.json.encode = print end))
string.format = nil
cast.log.info("%d", 1)
