import CLua
import CLuaShim
import Kernels

/// One Lua 5.4 state with a sandboxed standard library, confined to the thread that uses it.
///
/// The machine knows nothing of models: modules and classes are declared with ``HostModule`` and
/// ``HostObject``. No Lua error ever passes through a Swift frame (see `CLuaShim.h`).
public final class LuaMachine {
  /// Where the script's lines go.
  public let console: ScriptConsole
  /// What the script may use up.
  public let limits: ScriptLimits
  /// Ends the script from another thread.
  public let stopSwitch: StopSwitch
  /// The seed of the run.
  public let seed: UInt64
  /// What kind of code is running.
  public private(set) var context = ScriptContext.load

  let state: OpaquePointer
  let references = ReferencePool()
  /// The coroutine that called the host function now running, else the main thread.
  var current: OpaquePointer
  var functions: [HostFunction] = []
  var hostNames = HostNames()
  var classes: [ObjectIdentifier: Int32] = [:]
  var modules: [ObjectIdentifier: (module: HostModule, reference: LuaReference)] = [:]
  /// The error that the last failing host function raised, for when it comes out of Lua again.
  var pending: LuaError?
  var output = OutputMeter()
  /// Sees what goes over the border; nil but in tests.
  var observer: BorderObserver?
  /// What Lua may do with the objects of each class, by its number.
  var classInventories: [Int32: ClassInventory] = [:]
  /// Bytes that the value being read may still take.
  var copyBudget = 0
  private let link: Link
  private var isClosed = false

  /// What C knows of the machine.
  final class Link {
    unowned(unsafe) var machine: LuaMachine?
  }

  /// Makes a state.
  ///
  /// - Parameters:
  ///   - console: Where the script's lines go.
  ///   - limits: What the script may use up.
  ///   - seed: Of `cast.random` and `math.random`.
  ///   - startTime: Seconds since 1970 that `os.time()` shows throughout the run.
  ///   - allowsClock: Whether `os.time()` and `os.date()` show the clock instead.
  ///   - stopSwitch: Ends the script from another thread.
  /// - Throws: ``LuaError`` with code `memoryLimit` where the machine has no memory for it.
  public init(
    console: ScriptConsole = .silent, limits: ScriptLimits = ScriptLimits(), seed: UInt64 = 0,
    startTime: Int = 0, allowsClock: Bool = false, stopSwitch: StopSwitch = StopSwitch()
  ) throws(LuaError) {
    let link = Link()
    var calls = cl_callbacks()
    calls.context = Unmanaged.passUnretained(link).toOpaque()
    calls.call = { context, state, function in
      guard let machine = LuaMachine.of(context), let state else { return 0 }
      return machine.dispatch(state, function)
    }
    calls.release = { object in
      if let object { Unmanaged<AnyObject>.fromOpaque(object).release() }
    }
    calls.new_tensor = { rows, columns, isVector, base in
      let tensor =
        isVector != 0
        ? Tensor(count: Int(columns)) : Tensor(rows: Int(rows), columns: Int(columns))
      base?.pointee = tensor.base
      return Unmanaged<AnyObject>.passRetained(tensor).toOpaque()
    }
    calls.write = { context, level, text, length in
      guard let text else { return }
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      LuaMachine.of(context)?.write(level, String(decoding: bytes, as: UTF8.self))
    }
    let hard = limits.hardMemory ?? limits.luaMemory.multipliedReportingOverflow(by: 4).partialValue
    let bounds = cl_limits(
      soft_memory: UInt64(max(limits.luaMemory, 0)),
      hard_memory: UInt64(max(hard, limits.luaMemory, 0)),
      tensor_memory: UInt64(max(limits.tensorMemory, 0)),
      depth: Int32(clamping: limits.depth) &+ 1, source_bytes: UInt64(max(limits.sourceBytes, 0)))
    let opened = cl_open(calls, bounds, stopSwitch.control, seed, Int64(startTime), allowsClock)
    guard let opened else {
      throw LuaError(.memoryLimit, "Lua: the machine has no memory for a state")
    }
    state = opened
    current = opened
    self.link = link
    self.console = console
    self.limits = limits
    self.stopSwitch = stopSwitch
    self.seed = seed
    link.machine = self
    stopSwitch.setDeadline(seconds: limits.runSeconds)
  }

  deinit { close() }

  /// Gives back the state and everything that it holds; nothing may be run afterwards.
  ///
  /// Host functions may refer to the machine: without this call such a circle would stay.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    modules = [:]
    cl_close(state)
    functions = []
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> LuaMachine? {
    guard let context else { return nil }
    return Unmanaged<Link>.fromOpaque(context).takeUnretainedValue().machine
  }

  // MARK: Running

  /// Compiles a text chunk and returns it as a function.
  ///
  /// - Parameters:
  ///   - source: UTF-8 or any bytes.
  ///   - name: Shown in messages, as `recipe.lua`.
  /// - Returns: The chunk, not run yet.
  /// - Throws: ``LuaError`` with the position of a syntax error, or for a chunk that is no text.
  public func load(_ source: [UInt8], name: String) throws(LuaError) -> LuaReference {
    guard source.count <= limits.sourceBytes else {
      throw LuaError(
        .usage, "source file too large (\(source.count) bytes, limit \(limits.sourceBytes))",
        file: name)
    }
    guard !isClosed else { throw LuaError(.script, "the machine is closed") }
    if source.first == 0x1B {
      throw LuaError(.script, "compiled chunk, not Lua text: recipes are text files", file: name)
    }
    drainReferences()
    let status = source.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        cl_load(current, $0.baseAddress, $0.count, "@" + name)
      }
    }
    guard status == LUA_OK else { throw takeError() }
    return makeReference(current)
  }

  /// Compiles a text chunk and returns it as a function.
  public func load(_ source: String, name: String) throws(LuaError) -> LuaReference {
    try load(Array(source.utf8), name: name)
  }

  /// Compiles and runs a text chunk.
  @discardableResult
  public func run(_ source: String, name: String = "recipe.lua") throws(LuaError) -> [LuaValue] {
    try call(load(source, name: name))
  }

  /// Calls a function and returns its results.
  ///
  /// - Parameters:
  ///   - function: What to call.
  ///   - arguments: What it gets.
  ///   - context: What the function is, for what it may call and how long it may run.
  ///   - results: How many results to keep; nil for all.
  /// - Returns: The results.
  /// - Throws: ``LuaError`` with the user's traceback.
  @discardableResult
  public func call(
    _ function: LuaReference, _ arguments: [LuaValue] = [], in context: ScriptContext? = nil,
    results: Int? = nil
  ) throws(LuaError) -> [LuaValue] {
    guard !isClosed else { throw LuaError(.script, "the machine is closed") }
    drainReferences()
    let state = current
    let base = lua_gettop(state)
    try reserve(arguments.count, on: state)
    cl_push_ref(state, function.id)
    for argument in arguments { push(argument, to: state) }
    let outer = self.context
    self.context = context ?? outer
    let seconds = context.flatMap(limits.seconds)
    let mark = seconds.map { cl_call_budget(state, $0) }
    let status = cl_call(
      state, Int32(arguments.count), results.map { Int32($0) } ?? LUA_MULTRET)
    if let mark { cl_call_budget_restore(state, mark) }
    self.context = outer
    guard status == LUA_OK else { throw takeError() }
    let count = Int(lua_gettop(state) - base)
    defer { lua_settop(state, base) }
    var values: [LuaValue] = []
    try reserve(0, on: state)
    for offset in 0..<count { values.append(try read(state, base + 1 + Int32(offset))) }
    return values
  }

  /// Runs `body` as code of another context.
  public func within<Result>(
    _ context: ScriptContext, _ body: () throws -> Result
  ) rethrows -> Result {
    let outer = self.context
    self.context = context
    defer { self.context = outer }
    return try body()
  }

  /// Runs `body` without counting it as Lua time.
  public func modelTime<Result>(_ body: () throws -> Result) rethrows -> Result {
    let begun = cl_host_time_begin(state)
    defer { cl_host_time_end(state, begun) }
    return try body()
  }

  /// For long work of the host: throws if the script must end now.
  ///
  /// - Throws: ``LuaError`` with code `timeLimit`, `memoryLimit` or `interrupted`.
  public func checkStop() throws(LuaError) {
    switch cl_check_stop(current) {
    case cl_stop_none: return
    case cl_stop_interrupt: throw LuaError(.interrupted, "interrupted")
    case cl_stop_memory: throw LuaError(.memoryLimit, "memory limit exceeded (--lua-memory)")
    default: throw LuaError(.timeLimit, "time limit exceeded (--time-limit)")
    }
  }

  // MARK: Tensors of the host

  /// Opens a scope for views of host buffers; every view dies when it is closed.
  public func openScope() -> UInt64 { cl_scope_open(state) }

  /// Closes a scope; returns whether a view of it was written.
  @discardableResult
  public func closeScope(_ scope: UInt64) -> Bool {
    let written = cl_scope_written(state, scope)
    cl_scope_close(state, scope)
    return written
  }

  // MARK: What is in use

  /// Bytes of Lua values now.
  public var memoryUsed: Int { Int(clamping: cl_memory_used(state)) }
  /// The most bytes of Lua values so far.
  public var memoryPeak: Int { Int(clamping: cl_memory_peak(state)) }
  /// Bytes of tensors that Lua holds.
  public var tensorMemoryUsed: Int { Int(clamping: cl_tensor_memory(state)) }
  /// Seconds of Lua time used, host functions that count as model time left out.
  public var luaSeconds: Double { cl_lua_time(state) }
  /// Host objects and tensors that Lua holds.
  public var liveObjects: Int { Int(cl_live_objects(state)) }
  /// Registry entries that Swift holds.
  public internal(set) var liveReferences = 0

  /// Runs a full collection.
  public func collectGarbage() {
    drainReferences()
    cl_collect(state)
  }

  /// The next 64 bits of the run's random stream.
  public func randomBits() -> UInt64 { cl_random_next(state) }

  /// The next number of the run's random stream, from 0 up to, not including, 1.
  public func randomUniform() -> Double { cl_random_uniform(state) }

  /// Where the run's random stream stands; setting it goes on from there.
  var randomState: UInt64 {
    get { cl_random_state(state) }
    set { cl_random_restore(state, newValue) }
  }

  /// Where the innermost line of the recipe that is running stands.
  public var position: (file: String, line: Int)? {
    var line: Int32 = 0
    var file = [CChar](repeating: 0, count: 128)
    guard cl_where(current, &file, file.count, &line) else { return nil }
    let bytes = file.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return (String(decoding: bytes, as: UTF8.self), Int(line))
  }
}
