-- expect: ok
assert(not pcall(cast.options, {__index = 1}))
assert(not pcall(cast.options, {scale = {0 / 0, "x"}}))
assert(not pcall(cast.options, {scale = {}, f = print}))
cast.options{scale = 1}
assert(not pcall(cast.options, {scale = 1}))
