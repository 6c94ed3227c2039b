-- expect: error: on_token hook forbade every token
cast.on_token(function(ctx) ctx.logits:fill_(-math.huge) end)
cast.model():generate({10, 20}, {max_tokens = 2})
