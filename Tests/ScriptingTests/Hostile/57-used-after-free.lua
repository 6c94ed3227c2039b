-- expect: ok
local t = cast.tensor.zeros(3, 3)
local row, method = t:row(1), t.add_
t:free()
t:free()
for _, f in ipairs{
  function() return t[1] end, function() return row[1] end, function() return #row end,
  function() method(t, 1) end, function() return t:clone() end, function() return row + 1 end,
  function() return cast.tensor.stack{row} end, function() return cast.tensor.zeros(3):dot(row) end,
} do
  local ok, message = pcall(f)
  assert(not ok and message:find("used after free", 1, true), message)
end
print(t, row)
do local u <close> = cast.tensor.zeros(2) end
