import Engine
import Foundation
import TestSupport
import Testing
import Transformer

@testable import Scripting

@Suite("Recipes and a model")
struct ModelTests {
  @Test("a model says what it is")
  func properties() throws {
    let bench = try RecipeBench()
    let sizes = bench.model.sizes
    #expect(
      try bench.run("print(model.architecture, model.n_layers, model.d_model, model.n_heads)")
        == ["llama\t\(sizes.layers)\t\(sizes.width)\t\(sizes.heads)"])
    #expect(
      try bench.run("print(model.hash, model.vocab_size == #model:forward('a'):t())")
        == ["0123\ttrue"])
  }

  @Test("tokens come back as the text they were, and all three kinds of prompt work")
  func prompts() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      """
      local ids = model:tokenize("Hello there")
      print(model:detokenize(ids))
      local a = model:logprobs("Hello there")
      local b = model:logprobs(ids)
      print(#a == #ids - 1, a[1] == b[1], a[#a] == b[#b])
      local m = {{role = "user", content = "Hi"}}
      print(#model:logprobs(m) == #model:tokenize(model:chat(m)) - 1)
      """)
    #expect(lines == ["Hello there", "true\ttrue\ttrue", "true"])
  }

  @Test("every object may be closed, and can be used until then")
  func closing() throws {
    let lines = try RecipeBench()
      .run(
        """
        local m <close> = cast.model()
        local ds <close> = cast.dataset.pairs{{"a", "b"}}
        local v <close> = cast.vector.build(m, ds)
        print(#ds, #v:layers() == m.n_layers)
        """)
    #expect(lines == ["1\ttrue"])
  }

  @Test("a tokenizer alone is the model's own")
  func tokenizers() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      """
      local t = cast.tokenizer("\(bench.folder.file("tiny-llama.gguf"))")
      local a, b = t:encode("Hello there"), model:tokenize("Hello there")
      print(table.concat(a, " ") == table.concat(b, " "), t:decode(a), t.vocab_size == model.vocab_size)
      print(#t:encode("a", {bos = true}), t.bos ~= nil, #t:encode("<s>", {special = false}) > 0)
      print(cast.tokenizer("\(bench.folder.file("none.gguf"))"))
      cast.write("\(bench.folder.file("bad.gguf"))", "nonsense")
      print(select(2, cast.tokenizer("\(bench.folder.file("bad.gguf"))")):find("bad.gguf: not a GGUF", 1, true) ~= nil)
      """)
    #expect(lines[0] == "true\tHello there\ttrue")
    #expect(lines[1] == "2\ttrue\ttrue")
    #expect(lines[2].hasPrefix("nil\t") && lines[2].contains("no such file"))
    #expect(lines[3] == "true")
    let denied = bench.failure("cast.tokenizer('/usr/x.gguf')")
    #expect(denied?.code == .permission)
  }

  @Test("a chat template alone renders any conversation, and its complaints are the recipe's")
  func chatTemplates() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      """
      local t = cast.chat_template([[{% for m in messages %}{{ bos_token }}{{ m.role }}={{ m.content }}{% if
      m.tool_calls %}{{ m.tool_calls | tojson }}{% endif %};{% endfor %}{{ add_generation_prompt }}{{ tools }}]])
      print(t:render({ { role = "user", content = "Hi" } }, { bos_token = "<s>" }))
      local call = { ["function"] = { arguments = { b = 1.5, a = {} }, name = "f" }, type = "function" }
      local m = { role = "assistant", content = cast.json.null, tool_calls = { call } }
      print(t:render({ m }, { add_generation_prompt = true, tools = { 1 } }))
      local strict = cast.chat_template("{{ raise_exception('Only ' ~ messages|length) }}")
      print(pcall(strict.render, strict, { {}, {} }))
      print(select(2, pcall(cast.chat_template, "a\\n{% for %}")))
      local slow = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
      print((pcall(function() return cast.chat_template(slow):render {} end)))
      print(cast.chat_template("{{ strftime_now('%Y') }}"):render({}))
      """)
    #expect(lines[0] == "<s>user=Hi;FalseNone")
    let call = #"{"type": "function", "function": {"name": "f", "arguments": {"a": [], "b": 1.5}}}"#
    #expect(lines[1] == "assistant=None[\(call)];True[1]")
    #expect(lines[2].hasPrefix("false\t") && lines[2].hasSuffix("Only 2"))
    #expect(lines[3].contains("chat template: template, line 2: unexpected '%}'"))
    #expect(lines[4] == "false")
    #expect(lines[5] == "1970")
    let bad = bench.failure("cast.chat_template('x'):render({ print })")
    #expect(bad?.message.contains("bad argument #1 'messages") == true)
  }

  @Test("a tokenizer is also read from a folder of Hugging Face")
  func tokenizerFolder() throws {
    let bench = try RecipeBench()
    let folder = bench.folder.file("hf")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let json = #"""
      {"added_tokens":[{"id":3,"content":"<s>","special":true}],
      "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},
      "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}
      """#
    try Data(json.utf8).write(to: URL(fileURLWithPath: folder + "/tokenizer.json"))
    let configuration = URL(fileURLWithPath: folder + "/tokenizer_config.json")
    try Data(#"{"bos_token":"<s>"}"#.utf8).write(to: configuration)
    let lines = try bench.run(
      """
      local t = assert(cast.tokenizer("\(folder)"))
      print(table.concat(t:encode("aab<s>"), " "), t:decode({3, 2}), t.vocab_size, t.bos)
      """)
    #expect(lines == ["0 2 3\t<s>ab\t4\t3"])
    try Data("{".utf8).write(to: configuration)
    let failed = try bench.run("print(cast.tokenizer(\"\(folder)\"))")
    #expect(failed.first?.contains("tokenizer_config.json: the end at byte 1") == true)
  }

  @Test("score, logprobs and forward agree on what a token's probability is")
  func agreement() throws {
    let lines = try RecipeBench()
      .run(
        """
        local prompt, rest = {10, 20, 30, 40}, {50, 60, 70}
        local all = {10, 20, 30, 40, 50, 60, 70}
        local lp = model:logprobs(all)
        local s = model:score({prompt, {10, 20, 31, 40}}, {rest, {50}})
        print(math.abs(s[1][1] - (lp[4] + lp[5] + lp[6])) < 1e-4, s[1][2] == lp[4])
        local logits = model:forward(prompt)
        print(math.abs(logits:log_softmax()[1][51] - lp[4]) < 1e-4)
        local every = model:forward(prompt, {rows = "all"})
        print(every.shape[1], every[4][7] == logits[1][7])
        local alone = model:score({{10, 20, 31, 40}}, {rest})
        print(alone[1][1] == s[2][1])
        """)
    #expect(lines == ["true\ttrue", "true", "4\ttrue", "true"])
  }

  @Test("perplexity is e to the mean of what logprobs says")
  func perplexity() throws {
    let lines = try RecipeBench()
      .run(
        """
        local p = model:perplexity("abcabcabc", {context = 64, stride = 32})
        local lp = model:logprobs("abcabcabc")
        print(p.tokens == #lp, math.abs(p.perplexity - math.exp(-lp:mean())) < 1e-3 * p.perplexity)
        local short = model:perplexity("abcabcabcabc", {context = 4, stride = 2})
        print(short.tokens == #model:tokenize("abcabcabcabc") - 1)
        """)
    #expect(lines == ["true\ttrue", "true"])
  }

  @Test("generation is greedy by default, seeded otherwise, stops where it is told, and streams")
  func generation() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      """
      local a = model:generate({10, 20}, {max_tokens = 8})
      local b = model:generate({10, 20}, {max_tokens = 8})
      print(a.text == b.text, #a.tokens, a.stop_reason, a.stats.prompt_tokens)
      local c = model:generate({10, 20}, {max_tokens = 8, temperature = 1, seed = 3})
      local d = model:generate({10, 20}, {max_tokens = 8, temperature = 1, seed = 3})
      local e = model:generate({10, 20}, {max_tokens = 8, temperature = 1, seed = 4})
      print(c.text == d.text, table.concat(c.tokens, " ") ~= table.concat(e.tokens, " "))
      local got = {}
      local f = model:generate({10, 20}, {max_tokens = 8, stream = function(t) got[#got+1] = t end})
      print(table.concat(got) == f.text)
      local s = model:generate_batch{{{10, 20}, max_tokens = 8}, {{30}, max_tokens = 3}}
      print(s[1].text == a.text, #s[2].tokens)
      """)
    #expect(
      lines == ["true\t8\tlength\t2", "true\ttrue", "true", "true\t3"])
  }

  @Test("activations are what a hook sees at the same place")
  func activations() throws {
    let lines = try RecipeBench()
      .run(
        """
        local prompts = {{10, 20, 30}, {11, 21}}
        local seen = {}
        local h = cast.on_layer({0, 1}, function(ctx)
          seen[ctx.row .. ":" .. ctx.layer] = ctx.hidden:row(-1):clone()
        end)
        local a = model:activations(prompts, {layers = {0, 1, "embedding"}})
        h:remove()
        print(a[0].shape[1], a[0].shape[2] == model.d_model, a.embedding.shape[1])
        print(seen["1:1"]:sub(a[1][2]):norm(), seen["0:0"]:sub(a[0][1]):norm())
        local mean = model:activations({{10, 20, 30}}, {layers = 1, position = "mean"})
        local p0 = model:activations({{10, 20, 30}}, {layers = 1, position = 0})[1][1]
        local p1 = model:activations({{10, 20, 30}}, {layers = 1, position = function(t) return 1 end})
        local p2 = model:activations({{10, 20, 30}}, {layers = 1, position = -1})[1][1]
        local want = p0:add(p1[1][1]):add(p2):scale(1 / 3)
        print(want:sub(mean[1][1]):norm() < 1e-5)
        local parts = {}
        for _, site in ipairs{"attention", "residual_mid", "mlp"} do
          parts[site] = model:activations({{10, 20}}, {layers = 1, site = site})[1][1]
        end
        local before = model:activations({{10, 20}}, {layers = 0})[0][1]
        local after = model:activations({{10, 20}}, {layers = 1})[1][1]
        print(before:add(parts.attention):sub(parts.residual_mid):norm() < 1e-5,
          parts.residual_mid:add(parts.mlp):sub(after):norm() < 1e-5)
        """)
    #expect(lines[0] == "2\ttrue\t2")
    #expect(lines[1] == "0.0\t0.0")
    #expect(lines[2...] == ["true", "true\ttrue"])
  }

  @Test(
    "wrong arguments name the function, the argument, and what was expected",
    arguments: [
      ("model:generate()", "bad argument #1 'prompt' to 'generate'"),
      ("model:generate('a', {max_token = 3})", "did you mean 'max_tokens'?"),
      ("model:generate('a', {temperature = -1})", "temperature"),
      ("model:score({'a'}, {})", "score"),
      ("model:activations({'a'}, {layers = 99})", "layer 99"),
      ("model:activations({'a'}, {position = 7})", "position 7 is outside a prompt of"),
      ("model:activations({'a'}, {site = 'mpl'})", "site"),
      ("model:forward({1, 999999})", "token id 999999 is not in the vocabulary"),
      ("model:genrate('a')", "generate"),
      ("model:tokenize(3)", "string expected, got number"),
      ("model:chat({{role = 'user'}})", "content"),
      ("model:logprobs({5})", "expected at least 2"),
    ])
  func mistakes(source: String, part: String) throws {
    let error = try RecipeBench().failure(source)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
    #expect(error?.line == 2)
  }
}
