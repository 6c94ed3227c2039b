-- expect: error: time limit exceeded
while true do print(("x"):rep(1000)) end
