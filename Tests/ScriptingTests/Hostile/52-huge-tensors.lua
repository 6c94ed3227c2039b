-- expect: ok
for _, size in ipairs{1 << 40, -1, 0.5, math.maxinteger, 2 ^ 62} do
  assert(not pcall(cast.tensor.zeros, size))
  assert(not pcall(cast.tensor.zeros, size, size))
end
for _ = 1, 50 do cast.tensor.zeros(1000000) end
