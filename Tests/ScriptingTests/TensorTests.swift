import Kernels
import Scripting
import Testing

@Suite("Tensors of a recipe")
struct TensorTests {
  /// Runs assertions about `m = {{1, 2, 3}, {4, 5, 6}}` and `v = {1, 0, -1}`.
  private func check(_ source: String) -> LuaError? {
    ScriptRun(
      """
      local T = cast.tensor
      local m, v = T.from{{1, 2, 3}, {4, 5, 6}}, T.from{1, 0, -1}
      local function same(t, values, tolerance)
        local got = t:totable()
        assert(#got == #values, "length " .. #got)
        for i, x in ipairs(values) do
          if type(x) == "table" then
            assert(#got[i] == #x)
            for j, y in ipairs(x) do assert(math.abs(got[i][j] - y) <= (tolerance or 0), got[i][j]) end
          else
            assert(math.abs(got[i] - x) <= (tolerance or 0), got[i])
          end
        end
      end
      """ + "\n" + source
    )
    .error
  }

  @Test("shapes, entries and parts")
  func parts() {
    let error = check(
      """
      assert(#m == 2 and #v == 3 and m.shape[1] == 2 and m.shape[2] == 3 and v.shape[1] == 3)
      assert(m[2][3] == 6 and v[3] == -1)
      same(m:row(-1), {4, 5, 6})
      same(v:slice(2), {0, -1})
      same(v:slice(-2, -2), {0})
      same(m:rows(2, 2), {{4, 5, 6}})
      same(m:rows{2, 1, -1}, {{4, 5, 6}, {1, 2, 3}, {4, 5, 6}})
      same(m:reshape(3, 2), {{1, 2}, {3, 4}, {5, 6}})
      same(m:reshape(6), {1, 2, 3, 4, 5, 6})
      same(m:t(), {{1, 4}, {2, 5}, {3, 6}})
      local n = 0
      for i, row in m:iter() do n = n + i * row[1] end
      assert(n == 9)
      same(T.frombytes(m:bytes(), 2, 3), {{1, 2, 3}, {4, 5, 6}})
      same(m:map(function(x) return x * x end), {{1, 4, 9}, {16, 25, 36}})
      """)
    #expect(error == nil)
  }

  @Test("a part shares its elements, a clone does not")
  func sharing() {
    let error = check(
      """
      local row, copy = m:row(1), m:clone()
      row[2] = 7
      m[2] = v
      assert(m[1][2] == 7 and copy[1][2] == 2)
      same(m, {{1, 7, 3}, {1, 0, -1}})
      same(row:add_(v), {2, 7, 2})
      same(m[1], {2, 7, 2})
      """)
    #expect(error == nil)
  }

  @Test("arithmetic with numbers, tensors and vectors for every row")
  func arithmetic() {
    let error = check(
      """
      same(m + v, {{2, 2, 2}, {5, 5, 5}})
      same(v + m, {{2, 2, 2}, {5, 5, 5}})
      same(m - 1, {{0, 1, 2}, {3, 4, 5}})
      same(1 - v, {0, 1, 2})
      same(2 / T.from{1, 2, 4}, {2, 1, 0.5})
      same(m * m, {{1, 4, 9}, {16, 25, 36}})
      same(m / 2, {{0.5, 1, 1.5}, {2, 2.5, 3}})
      same(-v, {-1, 0, 1})
      same(m:add(v, 2), {{3, 2, 1}, {6, 5, 4}})
      same(m:sub(v, 2), {{-1, 2, 5}, {2, 5, 8}})
      same(m:mul(v), {{1, 0, -3}, {4, 0, -6}})
      same(m:div(2), {{0.5, 1, 1.5}, {2, 2.5, 3}})
      same(v:scale(3), {3, 0, -3})
      same(v:axpy(2, T.ones(3)), {3, 2, 1})
      same(v:axpy(T.ones(3), 2), {3, 2, 1})
      same(m, {{1, 2, 3}, {4, 5, 6}})
      local w = v:clone()
      assert(w:add_(1) == w)
      same(w:sub_(1):mul_(4):div_(2):scale_(2):axpy_(1, T.ones(3)), {5, 1, -3})
      same(w:copy_(v):fill_(2), {2, 2, 2})
      same(T.zeros(2, 3):copy_(v), {{1, 0, -1}, {1, 0, -1}})
      """)
    #expect(error == nil)
  }

  @Test("numbers from tensors")
  func reductions() {
    let error = check(
      """
      local function near(x, y) assert(math.abs(x - y) < 1e-6, x) end
      assert(m:sum() == 21 and m:mean() == 3.5 and m:max() == 6 and m:argmax()[1] == 3)
      same(m:sum(1), {5, 7, 9})
      same(m:mean(2), {2, 5})
      same(m:max(1), {4, 5, 6})
      near(v:std(), 1)
      near(m:std(1)[1], math.sqrt(4.5))
      assert(T.from{3}:std() == 0)
      near(m:norm(), math.sqrt(91))
      same(T.from{{3, 4}, {6, 8}}:norm(2), {5, 10})
      assert(select(2, v:max()) == 1 and T.from{1, 3, 3}:argmax() == 2)
      assert(m[1]:dot(m[2]) == 32)
      same(m:dot(v), {-2, -2})
      near(v:cosine(T.from{2, 0, -2}), 1)
      assert(T.zeros(3):cosine(v) == 0)
      same(m:matmul(v), {-2, -2})
      same(T.from{1, 1}:matmul(m), {5, 7, 9})
      same(m:matmul(m:t()), {{14, 32}, {32, 77}})
      same(T.from{2, 5}:project(T.from{0, 3}), {0, 5})
      same(T.from{{2, 5}, {1, 1}}:project_out(T.from{0, 3}), {{2, 0}, {1, 0}})
      same(T.from{{3, 4}, {0, 0}}:normalize(), {{0.6, 0.8}, {0, 0}}, 1e-7)
      near(m:softmax():sum(), 2)
      near(T.from{1000, 1000}:log_softmax()[1], math.log(0.5))
      local values, at = T.from{1, 5, 3, 5}:topk(3)
      same(values, {5, 5, 3})
      assert(table.concat(at, ",") == "2,4,3")
      assert(#T.from{1}:topk(9) == 1)
      """)
    #expect(error == nil)
  }

  @Test("normal numbers have mean 0 and deviation 1")
  func normal() {
    let error = check(
      """
      local r = T.randn(100, 200)
      assert(math.abs(r:mean()) < 0.03 and math.abs(r:std() - 1) < 0.03)
      same(T.stack{r[1], r[2]}, {r[1]:totable(), r[2]:totable()})
      """)
    #expect(error == nil)
  }

  @Test(
    "mistakes are explained",
    arguments: [
      ("m:add(T.zeros(2))", "shapes [2, 3] and [2] do not fit in 'add'"),
      ("v:dot(T.zeros(2))", "shapes [3] and [2] do not fit in 'dot'"),
      ("v:add('x')", "bad argument #1 'other' to 'add' (tensor or number expected, got string)"),
      ("v:add_(v, 'x')", "bad argument #2 'scale' to 'add_' (number expected, got string)"),
      ("v:scale()", "bad argument #1 'factor' to 'scale' (number expected, got no value)"),
      ("v.add(1)", "bad argument #1 'self' to 'add' (tensor expected, got number)"),
      ("v:nrom()", "unknown field 'nrom' of tensor (did you mean 'norm'?)"),
      ("v.shape = 1", "field 'shape' of tensor cannot be set"),
      ("return v[4]", "index 4 is outside of a tensor of shape [3] (loop with t:iter())"),
      ("return m[0]", "index 0 is outside of a tensor of shape [2, 3] (loop with t:iter())"),
      ("v[1] = 'x'", "bad argument #3 'value'"),
      ("return v + 'x'", "tensor + string: a tensor or a number expected"),
      ("m:row(3)", "'i' 3 is outside of 1…2"),
      ("v:slice(3, 1)", "the range 3…1 is empty"),
      ("m:reshape(4)", "a tensor of shape [2, 3] cannot be reshaped to 4 x 1"),
      ("T.from{1, 'x'}", "entry [2] is no number but string"),
      ("T.from{{1}, {1, 2}}", "row 2 has 2 entries, row 1 has 1"),
      ("T.stack{v, T.zeros(2)}", "entry 2 of 'stack' has shape [2], expected [3]"),
      (
        "T.zeros(-1)", "bad argument #1 'n' to 'zeros' (integer of at least 0 expected, got number)"
      ),
      ("v:project(T.zeros(3))", "'project': the direction is zero"),
      ("v:mean(3)", "bad argument #1 'axis' to 'mean'"),
    ])
  func mistakes(source: String, message: String) {
    let error = check(source)
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "no error")")
  }

  @Test("a tensor shows its shape and some of its values")
  func text() {
    let run = ScriptRun(
      """
      print(cast.tensor.from{1, 0.5, -3e-9})
      print(cast.tensor.ones(20))
      print(cast.tensor.zeros(9, 2))
      """)
    #expect(
      run.lines == [
        "tensor [3] {1, 0.5, -3e-09}", "tensor [20] {1, 1, 1, 1, 1, 1, …, 1, 1}",
        "tensor [9, 2]\n  {0, 0}\n  {0, 0}\n  {0, 0}\n  {0, 0}\n  …\n  {0, 0}",
      ])
  }

  @Test("a view of the host's buffer is written through and dies with its scope")
  func views() throws {
    let machine = try LuaMachine()
    let buffer = Tensor(rows: 2, columns: 3)
    let hook = try machine.load(
      """
      local h = ...
      kept, row, method = h, h:row(2), h.add_
      h:add_(1)
      row[1] = 5
      return h:sum()
      """, name: "hook.lua")
    let scope = machine.openScope()
    let view = TensorView(base: buffer.base, rows: 2, columns: 3, isVector: false, scope: scope)
    let sum = try machine.call(hook, [.view(view)], in: .layer)
    #expect(machine.closeScope(scope))
    guard case .number(10) = sum[0] else {
      Issue.record("sum is \(sum[0])")
      return
    }
    #expect(buffer.values == [1, 1, 1, 5, 1, 1])
    for use in [
      "kept[1]", "row[1]", "#kept", "kept.shape", "kept + 1", "method(kept, 1)", "row:clone()",
      "coroutine.wrap(function() return row:norm() end)()", "1 - row",
    ] {
      let error = #expect(throws: LuaError.self) { try machine.run("return " + use) }
      #expect(
        error?.message
          == "expired view: tensors passed to a hook are valid only during that call (use :clone())"
      )
    }
    #expect(try machine.run("return tostring(row)")[0].text?.contains("expired view") == true)
    let inner = machine.openScope()
    #expect(machine.closeScope(inner) == false)
  }

  @Test("scopes nest, and an inner one closes without the outer")
  func nestedScopes() throws {
    let machine = try LuaMachine()
    let buffer = Tensor(count: 3)
    func view(_ scope: UInt64) -> LuaValue {
      .view(TensorView(base: buffer.base, rows: 1, columns: 3, isVector: true, scope: scope))
    }
    let outer = machine.openScope()
    machine.setGlobal("outer", view(outer))
    let inner = machine.openScope()
    machine.setGlobal("inner", view(inner))
    try machine.run("return inner[1] + outer[1]")
    machine.closeScope(inner)
    try machine.run("return outer[1]")
    #expect(throws: LuaError.self) { try machine.run("return inner[1]") }
    machine.closeScope(outer)
    #expect(throws: LuaError.self) { try machine.run("return outer[1]") }
  }

  @Test("Lua and Swift share a tensor, and a part arrives as a copy")
  func exchange() throws {
    let machine = try LuaMachine()
    let tensor = Tensor([1, 2, 3])
    machine.setGlobal("t", .tensor(tensor))
    try machine.run("t:scale_(2)")
    #expect(tensor.values == [2, 4, 6])
    guard case .tensor(let whole) = try machine.run("return t")[0],
      case .tensor(let part) = try machine.run("return t:slice(2)")[0]
    else {
      Issue.record("no tensor")
      return
    }
    #expect(whole === tensor)
    #expect(part.values == [4, 6])
  }

  @Test("memory of tensors is counted, collected and given back")
  func memory() throws {
    var limits = ScriptLimits()
    limits.tensorMemory = 8 << 20
    let machine = try LuaMachine(limits: limits)
    let module = HostModule("make")
    module.function("tensor") { _ in .tensor(Tensor(count: 1 << 18)) }
    machine.setGlobal("make", module)
    try machine.run("for _ = 1, 100 do make.tensor():add(1) end")
    #expect(machine.tensorMemoryUsed <= 9 << 20)
    let error = #expect(throws: LuaError.self) {
      try machine.run("kept = {} for i = 1, 100 do kept[i] = make.tensor() end")
    }
    #expect(error?.code == .memoryLimit)
    try machine.run("kept = nil do local t <close> = make.tensor() end")
    machine.collectGarbage()
    #expect(machine.tensorMemoryUsed == 0)
    #expect(machine.liveObjects == 0)
  }
}
