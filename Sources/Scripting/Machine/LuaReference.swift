import CLuaShim
import Synchronization

/// A value that Lua keeps alive for Swift: a function, a table.
///
/// May be dropped at any time and on any thread: the registry entry is given back the next time
/// the machine runs.
public final class LuaReference {
  let id: Int32
  let typeName: String
  private let pool: ReferencePool

  init(id: Int32, typeName: String, pool: ReferencePool) {
    self.id = id
    self.typeName = typeName
    self.pool = pool
  }

  deinit { pool.giveBack(id) }
}

/// Registry entries whose Swift owners are gone, waiting for the Lua thread.
final class ReferencePool: Sendable {
  private let waiting = Mutex<[Int32]>([])

  func giveBack(_ id: Int32) { waiting.withLock { $0.append(id) } }

  func takeAll() -> [Int32] {
    waiting.withLock { ids in
      defer { ids.removeAll(keepingCapacity: true) }
      return ids
    }
  }
}

extension LuaMachine {
  /// Takes the value on top of the stack into the registry.
  func makeReference(_ state: OpaquePointer) -> LuaReference {
    drainReferences()
    let name = String(cString: cl_type_name(state, -1))
    liveReferences += 1
    return LuaReference(id: cl_ref(state), typeName: name, pool: references)
  }

  /// Gives back the registry entries whose owners are gone.
  func drainReferences() {
    for id in references.takeAll() {
      cl_unref(state, id)
      liveReferences -= 1
    }
  }

  /// An empty table that Lua keeps, for state that belongs to a recipe.
  public func makeTable() -> LuaReference {
    drainReferences()
    push(.table(LuaTable()), to: current)
    return makeReference(current)
  }
}
