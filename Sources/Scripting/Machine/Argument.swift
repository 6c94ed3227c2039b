import APIReference
public import Kernels

/// An argument or an option on its way into a host function, read by the type it must have.
///
/// Every reader names the function, the argument, what was expected and what was given:
/// `bad argument #2 'scale' to 'steer' (number expected, got string)`.
public struct Argument {
  /// The value; nil if none was given.
  public let value: LuaValue?
  let place: Place
  let machine: LuaMachine

  /// What messages call the argument.
  enum Place {
    case argument(position: Int, name: String, function: String)
    case option(name: String, function: String)
    case other(name: String)

    var function: String {
      switch self {
      case .argument(_, _, let function), .option(_, let function): function
      case .other(let name): name
      }
    }

    var text: String {
      switch self {
      case .argument(let position, let name, let function):
        "bad argument #\(position) '\(name)' to '\(function)'"
      case .option(let name, let function): "bad option '\(name)' to '\(function)'"
      case .other(let name): "bad value for \(name)"
      }
    }

    func entry(_ key: String) -> Place {
      switch self {
      case .argument(let position, let name, let function):
        .argument(position: position, name: name + key, function: function)
      case .option(let name, let function): .option(name: name + key, function: function)
      case .other(let name): .other(name: name + key)
      }
    }
  }

  init(value: LuaValue?, place: Place, machine: LuaMachine) {
    self.value = value
    self.place = place
    self.machine = machine
  }

  /// Takes a value that is no argument, as what a script's function returned, for reading by type.
  public init(_ value: LuaValue, called name: String, _ machine: LuaMachine) {
    self.init(value: value, place: .other(name: name), machine: machine)
  }

  /// Takes a value that is no argument, as what a script's function returned, for reading by type.
  public init(_ value: LuaValue, called name: String, _ call: Call) {
    self.init(value, called: name, call.machine)
  }

  /// Whether nothing, or nil, was given.
  public var isMissing: Bool { value?.isNil ?? true }

  /// The error for a value of the wrong kind.
  public func mismatch(_ expected: String) -> LuaError {
    LuaError(.script, "\(place.text) (\(expected) expected, got \(value?.typeName ?? "no value"))")
  }

  /// The error for a value of the right kind that will not do.
  public func bad(_ reason: String) -> LuaError { LuaError(.script, "\(place.text) (\(reason))") }

  // MARK: Scalars

  /// A finite or infinite number within a range.
  public func number(
    in range: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) throws -> Double {
    let number: Double
    switch value {
    case .integer(let integer): number = Double(integer)
    case .number(let float): number = float
    default: throw mismatch("number")
    }
    guard !number.isNaN else { throw bad("finite number expected, got nan") }
    guard range.contains(number) else {
      throw bad("number from \(range.lowerBound) to \(range.upperBound) expected, got \(number)")
    }
    return number
  }

  /// A number within a range, or the default if none was given.
  public func number(
    default other: Double, in range: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) throws -> Double {
    isMissing ? other : try number(in: range)
  }

  /// An integer, also given as a float without fraction.
  public func integer(in range: ClosedRange<Int> = Int.min...Int.max) throws -> Int {
    let integer: Int
    switch value {
    case .integer(let given): integer = given
    case .number(let float):
      guard let exact = Int(exactly: float) else { throw bad("integer expected, got \(float)") }
      integer = exact
    default: throw mismatch("integer")
    }
    guard range.contains(integer) else { throw bad(Argument.outside(range, integer)) }
    return integer
  }

  /// An integer within a range, or the default if none was given.
  public func integer(
    default other: Int, in range: ClosedRange<Int> = Int.min...Int.max
  ) throws -> Int {
    isMissing ? other : try integer(in: range)
  }

  private static func outside(_ range: ClosedRange<Int>, _ given: Int) -> String {
    if range.upperBound == Int.max {
      return "integer of at least \(range.lowerBound) expected, got \(given)"
    }
    return "integer from \(range.lowerBound) to \(range.upperBound) expected, got \(given)"
  }

  /// A boolean, or the default if none was given.
  public func boolean(default other: Bool? = nil) throws -> Bool {
    if isMissing, let other { return other }
    guard case .boolean(let flag) = value else { throw mismatch("boolean") }
    return flag
  }

  /// A string of UTF-8, or the default if none was given.
  public func text(default other: String? = nil) throws -> String {
    if isMissing, let other { return other }
    guard case .bytes = value else { throw mismatch("string") }
    guard let text = value?.text else { throw bad("string is not valid UTF-8") }
    return text
  }

  /// A string of any bytes.
  public func bytes() throws -> [UInt8] {
    guard case .bytes(let bytes) = value else { throw mismatch("string") }
    return bytes
  }

  /// One of the given words, or the default if none was given.
  public func choice(_ words: [String], default other: String? = nil) throws -> String {
    machine.observer?.choices(words, place)
    return try name(among: words, default: other)
  }

  /// One of the names that there are at this moment, or the default if none was given.
  func name(among words: [String], default other: String? = nil) throws -> String {
    let word = try text(default: other)
    guard words.contains(word) else {
      let known = words.map { "'\($0)'" }.joined(separator: ", ")
      let suggestion = NearestName.hint(for: word, among: words)
      throw bad("one of \(known) expected, got '\(word)'\(suggestion)")
    }
    return word
  }

  // MARK: Things

  /// A function.
  public func function() throws -> LuaReference {
    guard case .function(let reference) = value else { throw mismatch("function") }
    return reference
  }

  /// An object of the host.
  public func object<Object: HostObject>(_ type: Object.Type = Object.self) throws -> Object {
    guard case .object(let any) = value, let object = any as? Object else {
      throw mismatch(Object.luaName)
    }
    return object
  }

  /// A tensor: Lua may change it later unless it is copied.
  public func tensor() throws -> Tensor {
    guard case .tensor(let tensor) = value else { throw mismatch("tensor") }
    return tensor
  }

  /// A tensor of shape `[count]`.
  public func vector(count: Int? = nil) throws -> Tensor {
    let tensor = try tensor()
    guard tensor.isVector, tensor.columns == count ?? tensor.columns else {
      let shape = tensor.isVector ? "[\(tensor.columns)]" : "[\(tensor.rows), \(tensor.columns)]"
      throw bad("tensor of shape [\(count.map(String.init) ?? "n")] expected, got \(shape)")
    }
    return tensor
  }

  /// A table.
  public func table() throws -> LuaTable {
    guard case .table(let table) = value else { throw mismatch("table") }
    return table
  }

  /// The entries of a sequence.
  public func list() throws -> [Argument] {
    let table = try table()
    guard table.indexed.isEmpty, table.fields.isEmpty, !table.hasOtherKeys else {
      throw bad("list expected, got a table with names or holes")
    }
    return table.list.enumerated()
      .map { offset, value in
        Argument(value: value, place: place.entry("[\(offset + 1)]"), machine: machine)
      }
  }

  /// The entries of a sequence of integers.
  public func integers(in range: ClosedRange<Int> = Int.min...Int.max) throws -> [Int] {
    try list().map { try $0.integer(in: range) }
  }

  /// The entries of a sequence of texts.
  public func texts() throws -> [String] { try list().map { try $0.text() } }

  /// A table of named options; empty if nothing was given.
  public func options() throws -> OptionTable {
    OptionTable(table: isMissing ? LuaTable() : try table(), place: place, machine: machine)
  }
}
