-- expect: error: '__gc' is not available in the sandbox
kept = setmetatable({}, {__gc = function() while true do end end})
