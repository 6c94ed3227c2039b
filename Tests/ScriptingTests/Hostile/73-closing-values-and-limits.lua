-- expect: error: memory limit exceeded
local s = "x"
local guard <close> = setmetatable({}, {__close = function() while true do s = s .. s end end})
while true do s = s .. s end
