import CLuaShim

/// A Swift object that Lua can hold, call and close.
///
/// ```swift
/// extension Counter: HostObject {
///   static let luaName = "counter"
///   static func declare(in type: ClassDeclaration<Counter>) {
///     type.property("count") { counter in .integer(counter.count) }
///     type.method("add") { counter, call in
///       counter.count += try call.argument(1, "amount").integer(default: 1, in: 0...100)
///       return .integer(counter.count)
///     }
///   }
/// }
/// ```
///
/// Lua reads `c.count` and calls `c:add(2)`; a misspelt name raises with a suggestion.
public protocol HostObject: AnyObject {
  /// What messages call the object.
  static var luaName: String { get }
  /// Declares the methods and properties.
  static func declare(in type: ClassDeclaration<Self>)
}

/// Where a class of host objects declares what Lua may do with it.
public final class ClassDeclaration<Object: HostObject> {
  private let machine: LuaMachine
  private let type: Int32

  init(machine: LuaMachine, type: Int32) {
    self.machine = machine
    self.type = type
  }

  /// Declares a method, called as `object:name(…)`; argument 1 is the first one after the object.
  public func method(
    _ name: String, in contexts: ScriptContext = .outsideHooks, isModelTime: Bool = false,
    _ body: @escaping (Object, Call) throws -> LuaValue
  ) {
    machine.classInventories[type]?.methods[name] = contexts
    let function = add("\(Object.luaName):\(name)", name, contexts, isModelTime, body)
    cl_class_method(machine.state, type, name, function)
  }

  /// Declares a field; without `set` it is read-only.
  public func property(
    _ name: String, in contexts: ScriptContext = .anywhere,
    get: @escaping (Object) throws -> LuaValue, set: ((Object, Argument) throws -> Void)? = nil
  ) {
    machine.classInventories[type]?.fields[name] = set != nil
    let getter = add("\(Object.luaName).\(name)", name, contexts, false) { object, _ in
      try get(object)
    }
    cl_class_getter(machine.state, type, name, getter)
    guard let set else { return }
    let setter = add("\(Object.luaName).\(name)", name, contexts, false) { object, call in
      try set(object, call.argument(1, "value"))
      return .nothing
    }
    cl_class_setter(machine.state, type, name, setter)
  }

  /// Declares `object[key]` for keys that are not strings.
  public func index(
    in contexts: ScriptContext = .anywhere, _ body: @escaping (Object, Argument) throws -> LuaValue
  ) {
    machine.classInventories[type]?.isIndexed = true
    let function = add("\(Object.luaName)[…]", "index", contexts, false) { object, call in
      try body(object, call.argument(1, "key"))
    }
    cl_class_index(machine.state, type, function)
  }

  /// What an operator of Lua is called in a metatable.
  public enum Operation: String, Sendable {
    case add, sub, mul, div, unm, len, concat, call, band, bor, bnot
    case equal = "eq"
    case less = "lt"
  }

  /// Declares an operator; both operands are arguments, and the object may be either.
  public func operation(
    _ operation: Operation, in contexts: ScriptContext = .anywhere,
    _ body: @escaping (Call) throws -> LuaValue
  ) {
    machine.classInventories[type]?.operations.insert(operation.rawValue)
    let function = HostFunction(
      path: "\(Object.luaName) \(operation.rawValue)", name: operation.rawValue,
      contexts: contexts, isModelTime: false, selfCount: 0, body: body)
    cl_class_meta(machine.state, type, "__" + operation.rawValue, machine.add(function))
  }

  /// Declares what `tostring` and `print` show; without it the class's name.
  public func text(_ body: @escaping (Object) throws -> String) {
    let function = add("\(Object.luaName) tostring", "tostring", .anywhere, false) { object, _ in
      .string(try body(object))
    }
    cl_class_meta(machine.state, type, "__tostring", function)
  }

  /// Declares what happens when `local x <close> = object` leaves its block; must allow a second
  /// time.
  public func onClose(_ body: @escaping (Object) throws -> Void) {
    let function = add("\(Object.luaName) close", "close", .anywhere, false) { object, _ in
      try body(object)
      return .nothing
    }
    cl_class_meta(machine.state, type, "__close", function)
  }

  private func add(
    _ path: String, _ name: String, _ contexts: ScriptContext, _ isModelTime: Bool,
    _ body: @escaping (Object, Call) throws -> LuaValue
  ) -> Int32 {
    let type = type
    let function = HostFunction(
      path: path, name: name, contexts: contexts, isModelTime: isModelTime, selfCount: 1
    ) { call in
      guard let raw = cl_to_object(call.state, 1, type) else {
        let given = String(cString: cl_type_name(call.state, 1))
        throw LuaError(
          .script,
          "calling '\(name)' on a bad self (\(Object.luaName) expected, got \(given)); "
            + "write object:\(name)(…) with a colon")
      }
      let object = Unmanaged<AnyObject>.fromOpaque(raw).takeUnretainedValue()
      return try body(unsafeDowncast(object, to: Object.self), call)
    }
    return machine.add(function)
  }
}

extension LuaMachine {
  /// The number of a class; declares it the first time.
  func classNumber(_ type: any HostObject.Type) -> Int32 {
    if let known = classes[ObjectIdentifier(type)] { return known }
    return declare(type)
  }

  private func declare<Object: HostObject>(_ type: Object.Type) -> Int32 {
    let number = cl_class_new(state, Object.luaName)
    classes[ObjectIdentifier(type)] = number
    classInventories[number] = ClassInventory(name: Object.luaName)
    let declaration = ClassDeclaration<Object>(machine: self, type: number)
    declaration.onClose { _ in }  // every object may be <close>, if only to end its use
    Object.declare(in: declaration)
    return number
  }
}
