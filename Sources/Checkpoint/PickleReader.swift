/// Reads the pickle of a file of `torch.save`, of which it knows what makes tensors, lists and
/// dictionaries.
///
/// Every other name is refused before anything is done with it. Opcodes as in Python's `pickletools`, protocols 2 to 5. Values are kept in one list and refer to
/// each other by their places in it, so that neither depth nor cycles cost anything until
/// ``root()`` makes a tree of them, which is bounded in both.
struct PickleReader {
  private var cursor: PickleCursor
  private let file: MappedFile
  private let entry: (String) -> Range<Int>?
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [UInt32: PickleValue] = [:]
  private var nodes: [PickleNode] = []
  private var tensors: [TorchTensor] = []
  private var storages: [TorchTensor.Storage] = []
  private var elements = 0
  private var visits = 0

  /// Most values on the stack, and in the memo, and lists and dictionaries: each is a multiple of
  /// what vectors have.
  private static let mostValues = 1 << 16
  /// Most elements of all tensors together.
  private static let mostElements = 1 << 24
  /// Levels of lists and dictionaries.
  private static let deepest = 8

  /// Reads from a place of a file; `entry` says where the bytes of a storage lie, by its key.
  init(_ file: MappedFile, _ place: Range<Int>, entry: @escaping (String) -> Range<Int>?) {
    self.file = file
    self.entry = entry
    cursor = PickleCursor(file, place)
  }

  /// What the pickle stands for.
  ///
  /// - Throws: ``CheckpointError``; with code `unsupportedFormat` for a name or an opcode that
  ///   tensors do not need.
  mutating func root() throws(CheckpointError) -> TorchValue {
    while true {
      let opcode = try cursor.byte()
      if opcode == UInt8(ascii: ".") { break }
      try step(opcode)
      guard stack.count <= PickleReader.mostValues, memo.count <= PickleReader.mostValues,
        nodes.count <= PickleReader.mostValues, marks.count <= PickleReader.mostValues
      else { throw cursor.damaged("more than \(PickleReader.mostValues) values") }
    }
    return try tree(pop(), depth: 0)
  }

  // MARK: Opcodes

  private mutating func step(_ opcode: UInt8) throws(CheckpointError) {
    switch opcode {
    case 0x80: _ = try cursor.integer(UInt8.self)  // PROTO
    case 0x95: _ = try cursor.integer(UInt64.self)  // FRAME
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.flag(true))
    case 0x89: stack.append(.flag(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try cursor.integer(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try cursor.integer(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try cursor.integer(UInt16.self))))
    case 0x8a: stack.append(.integer(try cursor.long(Int(cursor.integer(UInt8.self)))))
    case UInt8(ascii: "G"):
      stack.append(.number(Double(bitPattern: try cursor.integer(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"): try text(UInt64(cursor.integer(UInt32.self)))
    case 0x8c: try text(UInt64(cursor.integer(UInt8.self)))
    case 0x8d: try text(cursor.integer(UInt64.self))
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "q"): try remember(UInt32(cursor.integer(UInt8.self)))
    case UInt8(ascii: "r"): try remember(cursor.integer(UInt32.self))
    case 0x94: try remember(UInt32(memo.count))
    case UInt8(ascii: "h"): try recall(UInt32(cursor.integer(UInt8.self)))
    case UInt8(ascii: "j"): try recall(cursor.integer(UInt32.self))
    case UInt8(ascii: "c"):
      let module = try cursor.line()
      let name = try cursor.line()
      stack.append(.name(try allowed(module, name)))
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw cursor.damaged("a name that is no text")
      }
      stack.append(.name(try allowed(module, name)))
    case UInt8(ascii: "i"):
      let module = try cursor.line()
      throw refused(module, try cursor.line())
    case UInt8(ascii: "R"): try call()
    case UInt8(ascii: "b"): try dropState()
    case UInt8(ascii: "Q"): try openStorage()
    default: try collect(opcode)
    }
  }

  /// Opcodes of lists, dictionaries and tuples.
  private mutating func collect(_ opcode: UInt8) throws(CheckpointError) {
    switch opcode {
    case UInt8(ascii: "]"): push(.list, [])
    case UInt8(ascii: "}"): push(.dictionary, [])
    case UInt8(ascii: ")"): push(.tuple, [])
    case UInt8(ascii: "t"): push(.tuple, try popToMark())
    case 0x85: push(.tuple, [try pop()])
    case 0x86:
      let second = try pop()
      push(.tuple, [try pop(), second])
    case 0x87:
      let (third, second) = (try pop(), try pop())
      push(.tuple, [try pop(), second, third])
    case UInt8(ascii: "a"): try extend(.list, by: [pop()])
    case UInt8(ascii: "e"): try extend(.list, by: popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try extend(.dictionary, by: [pop(), value])
    case UInt8(ascii: "u"): try extend(.dictionary, by: popToMark())
    default:
      let digits = String(opcode, radix: 16)
      throw CheckpointError(
        .unsupportedFormat,
        "\(cursor.path): its pickle has the opcode 0x\(digits) at byte \(cursor.last) (expected "
          + "nothing but tensors in lists and dictionaries). Save plain tensors by torch.save.")
    }
  }

  private mutating func text(_ count: UInt64) throws(CheckpointError) {
    stack.append(.text(try cursor.text(count)))
  }

  private mutating func push(_ kind: PickleNode.Kind, _ items: [PickleValue]) {
    stack.append(.node(nodes.count))
    nodes.append(PickleNode(kind: kind, items: items))
  }

  private mutating func extend(
    _ kind: PickleNode.Kind, by items: [PickleValue]
  ) throws(CheckpointError) {
    guard case .node(let place) = try top(), nodes[place].kind == kind,
      kind == .list || items.count % 2 == 0
    else { throw cursor.damaged("something is added to what is no list or dictionary") }
    nodes[place].items += items
  }

  private func top() throws(CheckpointError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw cursor.damaged("a value is missing")
    }
    return value
  }

  private mutating func pop() throws(CheckpointError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw cursor.damaged("a mark is missing") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func remember(_ number: UInt32) throws(CheckpointError) {
    memo[number] = try top()
  }

  private mutating func recall(_ number: UInt32) throws(CheckpointError) {
    guard let value = memo[number] else { throw cursor.damaged("a value that was never kept") }
    stack.append(value)
  }

  // MARK: Names

  private func allowed(_ module: String, _ name: String) throws(CheckpointError) -> PickleName {
    switch (module, name) {
    case ("torch._utils", "_rebuild_tensor_v2"): .tensor
    case ("torch._utils", "_rebuild_parameter"): .parameter
    case ("collections", "OrderedDict"): .dictionary
    case ("torch", "FloatStorage"): .storage(.float)
    case ("torch", "HalfStorage"): .storage(.half)
    case ("torch", "BFloat16Storage"): .storage(.bfloat16)
    case ("torch", "DoubleStorage"): .storage(.double)
    default: throw refused(module, name)
    }
  }

  private func refused(_ module: String, _ name: String) -> CheckpointError {
    CheckpointError(
      .unsupportedFormat,
      "\(cursor.path): its pickle asks for \(PickleReader.visible("\(module).\(name)")) (expected "
        + "nothing but float tensors in lists and dictionaries). Nothing of it was run; do not "
        + "open a stranger's pickle with Python.")
  }

  /// A name of a file in quotes where it is not plain, for messages.
  static func visible(_ name: String) -> String {
    let isPlain = name.utf8.count <= 120 && name.utf8.allSatisfy { (33...126).contains($0) }
    return isPlain ? name : "a name that is not plain text"
  }

  private mutating func call() throws(CheckpointError) {
    let arguments = try pop()
    guard case .name(let name) = try pop(), case .node(let place) = arguments,
      nodes[place].kind == .tuple
    else { throw cursor.damaged("a call of what is no function") }
    let given = nodes[place].items
    switch name {
    case .dictionary where given.isEmpty: push(.dictionary, [])
    case .parameter:
      guard case .tensor? = given.first else { throw cursor.damaged("a parameter of no tensor") }
      stack.append(given[0])
    case .tensor: try makeTensor(given)
    default: throw cursor.damaged("a call with other arguments than PyTorch's")
    }
  }

  /// Leaves out what `state_dict` says beside its tensors.
  private mutating func dropState() throws(CheckpointError) {
    _ = try pop()
    guard case .node(let place) = try top(), nodes[place].kind == .dictionary else {
      throw cursor.damaged("a state of what is no dictionary")
    }
  }

  // MARK: Tensors

  private mutating func openStorage() throws(CheckpointError) {
    guard case .node(let place) = try pop(), nodes[place].items.count == 5,
      case let items = nodes[place].items, case .text("storage") = items[0],
      case .name(.storage(let element)) = items[1], case .text(let key) = items[2],
      case .integer(let count) = items[4]
    else { throw cursor.damaged("a storage that is none of PyTorch's") }
    guard let range = entry(key) else {
      throw cursor.damaged("the bytes of storage \(PickleReader.visible(key)) are missing")
    }
    guard count >= 0, count <= range.count / element.size else {
      throw cursor.damaged(
        "storage \(PickleReader.visible(key)) has \(range.count) bytes for \(count) elements of "
          + "\(element.size)")
    }
    stack.append(.storage(storages.count))
    storages.append(TorchTensor.Storage(element: element, start: range.lowerBound, count: count))
  }

  private mutating func makeTensor(_ given: [PickleValue]) throws(CheckpointError) {
    guard given.count >= 4, case .storage(let place) = given[0],
      case .integer(let offset) = given[1], let shape = integers(given[2]),
      let strides = integers(given[3])
    else { throw cursor.damaged("a tensor that is none of PyTorch's") }
    let storage = storages[place]
    guard
      let tensor = TorchTensor(file, storage, offset: offset, shape: shape, strides: strides)
    else {
      throw cursor.damaged(
        "a tensor of shape \(shape), strides \(strides) and offset \(offset) does not lie in its "
          + "\(storage.count) elements")
    }
    stack.append(.tensor(tensors.count))
    tensors.append(tensor)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .node(let place) = value, nodes[place].items.count <= 64 else { return nil }
    var integers: [Int] = []
    for item in nodes[place].items {
      guard case .integer(let integer) = item else { return nil }
      integers.append(integer)
    }
    return integers
  }

  // MARK: The tree

  private mutating func tree(
    _ value: PickleValue, depth: Int
  ) throws(CheckpointError) -> TorchValue {
    visits += 1
    guard depth <= PickleReader.deepest, visits <= PickleReader.mostValues else {
      throw cursor.damaged(
        "lists within lists without end, or deeper than \(PickleReader.deepest) levels")
    }
    switch value {
    case .none: return .other("nothing")
    case .flag: return .other("a truth value")
    case .integer, .number: return .other("a number")
    case .text: return .other("a text")
    case .name, .storage: return .other("a type")
    case .tensor(let place):
      // Counted here, as one tensor may stand in many places.
      guard tensors[place].count <= PickleReader.mostElements - elements else {
        throw cursor.damaged("more than \(PickleReader.mostElements) elements")
      }
      elements += tensors[place].count
      return .tensor(tensors[place])
    case .node(let place):
      let node = nodes[place]
      guard node.kind == .dictionary else {
        var values: [TorchValue] = []
        for item in node.items { values.append(try tree(item, depth: depth + 1)) }
        return .list(values)
      }
      var members: [(key: String, value: TorchValue)] = []
      for index in stride(from: 0, to: node.items.count, by: 2) {
        let key: String
        switch node.items[index] {
        case .text(let text): key = text
        case .integer(let number): key = String(number)
        default: throw cursor.damaged("a key that is neither a text nor an integer")
        }
        members.append((key, try tree(node.items[index + 1], depth: depth + 1)))
      }
      return .dictionary(members)
    }
  }
}

/// A value of a pickle; what has parts is named by its place.
enum PickleValue {
  case none, flag(Bool), integer(Int), number(Double), text(String)
  case node(Int), tensor(Int), storage(Int), name(PickleName)
}

/// A list, dictionary (keys and values in turn) or tuple of a pickle.
struct PickleNode {
  enum Kind { case list, dictionary, tuple }
  let kind: Kind
  var items: [PickleValue]
}

/// The names that a pickle may ask for.
enum PickleName {
  case tensor, parameter, dictionary, storage(TorchTensor.Element)
}
