-- expect: error: table too large for table.insert
table.insert(setmetatable({}, {__len = function() return 1 << 40 end}), 1, "x")
