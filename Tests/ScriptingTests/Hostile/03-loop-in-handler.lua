-- expect: error: time limit exceeded
xpcall(function() while true do end end, function() while true do end end)
