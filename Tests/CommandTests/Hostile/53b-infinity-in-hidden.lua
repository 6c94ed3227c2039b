-- expect: error: on_layer hook wrote a value that is not finite
cast.on_layer(1, function(ctx) ctx.hidden:scale_(1e38) ctx.hidden:scale_(1e38) end)
cast.model():generate({10, 20}, {max_tokens = 2})
