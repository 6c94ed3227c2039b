-- expect: exit: 124
-- One call of C whose comparisons, a million bytes each, no hook interrupts.
local a, b = ("x"):rep(1000000) .. "a", ("x"):rep(1000000) .. "b"
local t = {}
for i = 1, 200000 do t[i] = i % 3 == 0 and a or b end
table.sort(t)
