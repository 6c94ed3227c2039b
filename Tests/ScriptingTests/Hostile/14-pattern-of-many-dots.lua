-- expect: error: time limit exceeded
string.find(("a"):rep(5000), ".-.-.-.-b")
