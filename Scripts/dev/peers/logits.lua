-- Writes the logits of windows of tokens, float32, one file for each window.
local opt = cast.options {
  windows = { "", "JSON file: a list of lists of token ids" },
  folder = { "", "where window-1.f32, window-2.f32 … go" },
}
local model = cast.model()
for i, tokens in ipairs(cast.json.decode(assert(cast.read(opt.windows)))) do
  local logits = model:forward(tokens, { rows = "all" })
  assert(cast.write(("%s/window-%d.f32"):format(opt.folder, i), logits:bytes()))
end
