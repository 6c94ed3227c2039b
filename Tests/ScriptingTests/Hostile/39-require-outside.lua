-- expect: ok
for _, name in ipairs{"os", "../x", "/etc/passwd", "a\0b", "", ".", "a..b", "a/b", "x\n"} do
  assert(not pcall(require, name))
end
