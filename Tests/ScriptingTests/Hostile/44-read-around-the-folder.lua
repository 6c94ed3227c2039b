-- expect: ok
for _, path in ipairs{"../LuaMachineTests.swift", "./../../x", "/", "/root/.profile", "..", "."} do
  local ok, message = pcall(cast.read, path)
  assert(not ok or message == nil, path)
end
