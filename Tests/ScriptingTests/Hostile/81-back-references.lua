-- expect: error: time limit exceeded
string.find(("a"):rep(1 << 18), "(.*)(.*)%1%2%1b")
