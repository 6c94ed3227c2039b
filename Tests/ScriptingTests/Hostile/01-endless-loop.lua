-- expect: error: time limit exceeded
while true do end
