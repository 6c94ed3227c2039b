-- expect: ok
local h = cast.tensor.zeros(4, 3)
local function fails(f, ...) assert(not pcall(f, ...)) end
for _, i in ipairs{0, 5, 0 / 0, 2 ^ 53, "1", -1, 1.5, math.mininteger, math.maxinteger, {}} do
  fails(function() return h[i] end)
  fails(function() h[i] = 1 end)
  fails(function() return h[1][i == 5 and 4 or i] end)
end
fails(h.slice, h, 3, 2)
fails(h.slice, h, 1, 5)
fails(h.slice, h, math.mininteger, 1)
fails(h.rows, h, {1, 5})
fails(h.reshape, h, 1 << 32, 1 << 32)
fails(h.reshape, h, -2, -6)
fails(h.row, h, 0)
fails(function() h.x = 1 end)
