-- expect: ok
assert(not rawget(_G, "package"))
assert(not pcall(function() return package.loadlib end))
