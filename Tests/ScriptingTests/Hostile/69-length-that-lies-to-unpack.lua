-- expect: error: table too large for table.unpack
table.unpack(setmetatable({}, {__len = function() return 1 << 40 end}))
