extension CastLibrary {
  /// Declares `cast.read`, `cast.lines`, `cast.write` and `cast.out`.
  ///
  /// A denied permission raises; any other failure gives `nil, message`.
  func declareFiles(in cast: HostModule) {
    cast.function("read", in: .outsideHooks) { [files] call in
      let path = try call.argument(1, "path").text()
      return try orFailure { .bytes(try files.read(path)) }
    }
    cast.function("lines", in: .outsideHooks) { [files] call in
      let path = try call.argument(1, "path").text()
      return try orFailure { .object(LineReader(try files.read(path))) }
    }
    cast.function("write", in: .outsideHooks) { [files] call in
      let path = try call.argument(1, "path").text()
      let content = try call.argument(2, "content").bytes()
      return try orFailure {
        try files.write(content, to: path)
        return true
      }
    }
    cast.function("out", in: .outsideHooks) { [files] call in
      let name = try call.argument(1, "name").text()
      return try orFailure { .string(try files.outPath(name)) }
    }
  }
}

extension CastLibrary {
  /// Declares `cast.env`.
  func declareEnvironment(in cast: HostModule) {
    cast.function("env", in: .outsideHooks) { [settings] call in
      let name = try call.argument(1, "name").text()
      let capabilities = settings.capabilities
      guard capabilities.allowsAll || capabilities.variables.contains(name) else {
        throw LuaError(
          .permission,
          "\(name.prefix(80)): this run does not see that variable; allow it with "
            + "--allow-env=\(name.prefix(80))")
      }
      return settings.environment[name].map { .string($0) } ?? .nil
    }
  }
}

/// Turns a failure of the world into `nil, message`; a denied permission goes on as an error.
private func orFailure(_ body: () throws -> LuaValue) throws -> LuaValue {
  do {
    return try body()
  } catch let error as LuaError where error.code == .script {
    return .failure(error)
  }
}

/// What `cast.lines` gives: a function that returns the next line, without its end.
final class LineReader: HostObject {
  static let luaName = "lines"
  private var rest: ArraySlice<UInt8>

  init(_ content: [UInt8]) { rest = content[...] }

  static func declare(in type: ClassDeclaration<LineReader>) {
    type.operation(.call) { call in
      try call.argument(1, "lines").object(LineReader.self).next().map { .bytes($0) } ?? .nil
    }
  }

  private func next() -> [UInt8]? {
    guard !rest.isEmpty else { return nil }
    var line = rest.prefix { $0 != UInt8(ascii: "\n") }
    rest = rest[min(line.endIndex + 1, rest.endIndex)...]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return Array(line)
  }
}
