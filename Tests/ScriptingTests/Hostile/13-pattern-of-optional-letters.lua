-- expect: exit: 124
string.find(("a"):rep(30), ("a?"):rep(30) .. ("a"):rep(30))
