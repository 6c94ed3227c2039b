-- expect: exit: 124
string.find(("a"):rep(5000), ".-.-.-.-b")
