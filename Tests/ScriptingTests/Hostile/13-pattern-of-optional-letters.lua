-- expect: error: time limit exceeded
string.find(("a"):rep(30), ("a?"):rep(30) .. ("a"):rep(30))
