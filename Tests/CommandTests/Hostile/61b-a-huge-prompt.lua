-- expect: error: context
-- expect: error: tokens
-- expect: error: time limit exceeded
-- expect: exit: 124
local model = cast.model()
model:generate(("the user "):rep(1000000), {max_tokens = 1})
