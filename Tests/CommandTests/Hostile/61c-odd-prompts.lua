-- expect: ok
local model = cast.model()
for _, text in ipairs{"", "\xff\xfe", "\0", "a\0b", "\xf0\x9f", ("\xff"):rep(1000)} do
  pcall(model.generate, model, text, {max_tokens = 1})
  pcall(model.forward, model, text)
  pcall(function()
    return cast.vector.build(model, cast.dataset.pairs{{text, text}, {"a", text}}, {layers = {0}})
  end)
end
for _, rows in ipairs{{}, {1}, {{}}, {{"a"}}, {{"a", "b", "c"}}, {{1, 2}}, {{positive = "a"}}, {[3] = {"a", "b"}}} do
  assert(not pcall(cast.dataset.pairs, rows))
end
for _, ids in ipairs{{}, {-1}, {1e9}, {1.5}, {"1"}, {0 / 0}, {2 ^ 53}, {[2] = 1}} do
  assert(not pcall(model.forward, model, ids), ids[1])
end
