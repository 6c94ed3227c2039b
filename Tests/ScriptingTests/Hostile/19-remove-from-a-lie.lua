-- expect: error: table too large for table.remove
table.remove(setmetatable({}, {__len = function() return 1 << 40 end}), 1)
