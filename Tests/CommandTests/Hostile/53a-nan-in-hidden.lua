-- expect: error: on_layer hook wrote a value that is not finite
-- expect: error: layer 1, prefill, step 0, row 0
cast.on_layer(1, function(ctx) ctx.hidden:fill_(0 / 0) end)
cast.model():forward({10, 20})
