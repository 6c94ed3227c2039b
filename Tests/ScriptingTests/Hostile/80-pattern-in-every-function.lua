-- expect: error: time limit exceeded
local subject, pattern = ("a"):rep(30), ("a?"):rep(30) .. ("a"):rep(30) .. "b"
pcall(string.gsub, subject, pattern, "")
pcall(string.match, subject, pattern)
for _ in subject:gmatch(pattern) do end
