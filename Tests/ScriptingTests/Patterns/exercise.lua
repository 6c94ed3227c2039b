-- Feeds random subjects and patterns to find, match, gmatch and gsub; returns what they answered,
-- errors included. The library's functions and the sandbox's must answer the same.
local seed = 12345
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local function pick(list) return list[random(#list)] end
local letters = {"a", "b", "aa", "ab", "(", ")", "1", "-", " ", "]", "%", "x\0y", ".", "\xff"}
local items = {
  "a", "b", ".", "%a", "%d", "%W", "[ab]", "[^a]", "[a-c%d]", "[]]", "[^]]", "[%]x]", "[a-]", "%(",
  "%%", "%-", "\0", "%x", "%S", "[%a-z]",
}
local repeats = {"", "", "", "*", "+", "-", "?"}
local odd = {"(", ")", "()", "%1", "%2", "%b()", "%f[%a]", "%f[^a]", "$", "^", "%", "[", "[^", "[a", "%b", "%f", "(a", "]"}
local replacements = {"", "<%0>", "%1", "%2", "%%", "%", "%x", "x%1y", 7}
local results = {}
local function note(...)
  local parts = table.pack(...)
  for i = 1, parts.n do
    local part = parts[i]
    -- An error's position is that of its function, which is not the same in both.
    parts[i] = type(part) == "string" and part:gsub("^[^:]*:%d+: ", "") or tostring(part)
  end
  results[#results + 1] = table.concat(parts, "|")
end
for _ = 1, 6000 do
  local subject, pattern = "", random(5) == 1 and "^" or ""
  for _ = 1, random(12) do subject = subject .. pick(letters) end
  for _ = 1, random(5) do
    if random(4) == 1 then
      pattern = pattern .. pick(odd)
    elseif random(4) == 1 then
      pattern = pattern .. "(" .. pick(items) .. pick(repeats) .. ")" .. pick(repeats)
    else
      pattern = pattern .. pick(items) .. pick(repeats)
    end
  end
  local start = random(3) == 1 and random(20) - 10 or nil
  note(pattern, subject)
  note(pcall(string.find, subject, pattern, start, random(9) == 1))
  note(pcall(string.match, subject, pattern, start))
  note(pcall(function()
    local found = {}
    for a, b in subject:gmatch(pattern, start) do
      found[#found + 1] = tostring(a) .. "," .. tostring(b)
    end
    return table.concat(found, ";")
  end))
  note(pcall(string.gsub, subject, pattern, pick(replacements), random(3) == 1 and random(4) - 2 or nil))
  note(pcall(string.gsub, subject, pattern, {a = "T", ab = false, b = 3, x = {}}))
  note(pcall(string.gsub, subject, pattern, function(a, b)
    return pick{nil, false, a, b or "f", "%1"}
  end))
end
note(pcall(string.find, ("a"):rep(300), ("(a"):rep(33)))
note(pcall(string.find, ("a"):rep(300), ("a?"):rep(250)))
note(pcall(string.match, ("x"):rep(250), (".-"):rep(250) .. "$"))
note(("hello"):find(""), ("hello"):find("", 10), ("hello"):find("", 6), ("hello"):find("l", -2))
note(("abc"):gsub("", "-"), ("abc"):gsub("%w", "%0%0", 2), ("a,b,,c"):gsub(",*", "|"))
local text = table.concat(results, "\n"):gsub("[^\n -~]", function(c) return ("\\%d"):format(c:byte()) end)
return text
