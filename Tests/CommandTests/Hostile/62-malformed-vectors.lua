-- expect: ok
local function gguf(version, tensors, keys, rest)
  return "GGUF" .. string.pack("<I4i8i8", version, tensors, keys) .. (rest or "")
end
local function key(name, type, value)
  return string.pack("<s8I4", name, type) .. value
end
local function tensor(name, dims, type, offset)
  local text = string.pack("<s8I4", name, #dims)
  for _, dim in ipairs(dims) do text = text .. string.pack("<i8", dim) end
  return text .. string.pack("<I4i8", type, offset)
end
local arch = key("general.architecture", 8, string.pack("<s8", "controlvector"))
local files = {
  "", "G", "GGUF", "GGUX" .. ("\0"):rep(100), ("\xff"):rep(4096),
  gguf(3, 0, 0), gguf(0, 0, 0), gguf(1 << 30, 0, 0), gguf(3, -1, 0), gguf(3, 0, -1),
  gguf(3, math.maxinteger, 1, arch), gguf(3, 1, math.maxinteger, arch), gguf(3, 1, 1, arch),
  gguf(3, 1, 1, arch .. tensor("direction.1", {-1}, 0, 0)),
  gguf(3, 1, 1, arch .. tensor("direction.1", {math.maxinteger}, 0, 0)),
  gguf(3, 1, 1, arch .. tensor("direction.1", {1 << 32, 1 << 32}, 0, 0)),
  gguf(3, 1, 1, arch .. tensor("direction.1", {64}, 0, -32) .. ("\0"):rep(1024)),
  gguf(3, 1, 1, arch .. tensor("direction.1", {64}, 0, math.maxinteger) .. ("\0"):rep(1024)),
  gguf(3, 1, 1, arch .. tensor("direction.1", {64}, 0, 0) .. ("\0"):rep(40)),
  gguf(3, 1, 1, arch .. tensor("direction.1", {64}, 9999, 0) .. ("\0"):rep(1024)),
  gguf(3, 1, 1, arch .. tensor("direction.-1", {64}, 0, 0) .. ("\0"):rep(1024)),
  gguf(3, 1, 1, arch .. tensor(("x"):rep(100000), {64}, 0, 0) .. ("\0"):rep(1024)),
  gguf(3, 0, 1, key("a", 9, string.pack("<I4i8", 9, math.maxinteger))),
  gguf(3, 0, 1, string.pack("<i8", math.maxinteger)),
}
local path = cast.out("bad.gguf")
for i, bytes in ipairs(files) do
  assert(cast.write(path, bytes))
  local v, message = cast.vector.load(path)
  assert(v == nil and type(message) == "string", "file " .. i)
end
-- A good file, cut short at every length, and with each of its first bytes changed.
local model = cast.model()
local good = cast.vector.build(model, cast.dataset.pairs{{{10, 20}, {11, 21}}, {{30}, {31}}}, {layers = {1}})
assert(good:save(cast.out("good.gguf")))
local bytes = assert(cast.read(cast.out("good.gguf")))
for length = 0, #bytes - 1, #bytes // 80 do
  assert(cast.write(path, bytes:sub(1, length)))
  assert(cast.vector.load(path) == nil, "cut at " .. length)
end
for at = 1, math.min(#bytes, 400), 4 do
  assert(cast.write(path, bytes:sub(1, at - 1) .. "\xff" .. bytes:sub(at + 1)))
  cast.vector.load(path)
end
