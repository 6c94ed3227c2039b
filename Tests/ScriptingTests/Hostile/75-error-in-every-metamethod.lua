-- expect: ok
local events = {"__index", "__newindex", "__call", "__add", "__concat", "__len", "__eq", "__lt",
  "__tostring", "__name", "__close", "__pairs", "__unm"}
local mt = {}
for _, event in ipairs(events) do mt[event] = function() error("no") end end
local function bad() return setmetatable({}, mt) end
for _, f in ipairs{tostring, print, cast.json.encode, cast.spairs, cast.log.info, cast.read, cast.tensor.from,
  cast.tensor.zeros, cast.random, string.rep, table.concat, ipairs, pairs, load, require, error} do
  pcall(f, bad(), bad())
  pcall(f, "%s", bad())
end
