-- expect: error: time limit exceeded
setmetatable(_G, {__index = function() while true do end end})
return missing
