import CLuaShim

/// A file held open, so that what was checked is what is used.
final class OpenedFile {
  let descriptor: Int32
  /// A path that leads to the open file itself, whatever its name is by now.
  var path: String { "/dev/fd/\(descriptor)" }
  /// Bytes in the file.
  var size: Int { Int(cl_file_size(descriptor)) }

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { cl_close_file(descriptor) }

  /// The whole content.
  ///
  /// - Throws: ``LuaError`` for a file of more than `limit` bytes, and where reading fails.
  func read(limit: Int, called name: String) throws(LuaError) -> [UInt8] {
    guard size <= limit else {
      throw LuaError(.script, "\(name): file too large (\(size) bytes, limit \(limit))")
    }
    var content = [UInt8](repeating: 0, count: size)
    var filled = 0
    while filled < content.count {
      let got = content.withUnsafeMutableBytes { buffer -> Int64 in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        return cl_read(descriptor, rest.baseAddress, rest.count)
      }
      guard got >= 0 else { throw LuaError(.script, "\(name): \(FileAccess.text(Int32(got)))") }
      if got == 0 { break }
      filled += Int(got)
    }
    content.removeLast(content.count - filled)
    return content
  }
}

/// What is asked of the disk itself.
extension FileAccess {
  /// The real folder and name of a recipe: a file, or `main.lua` in a folder; nil if neither.
  static func locateRecipe(_ path: String) -> (folder: String, name: String)? {
    for candidate in [path + "/main.lua", path] {
      guard let real = real(candidate) else { continue }
      let parts = PathText.split(real)
      return (parts.folder.isEmpty ? "/" : parts.folder, parts.name)
    }
    return nil
  }

  /// The text of a recipe.
  static func readRecipe(
    _ folder: String, _ name: String, limit: Int
  ) throws(LuaError) -> [UInt8] {
    let opened = cl_open_folder(folder)
    guard opened >= 0 else { throw LuaError(.usage, "\(folder): \(text(opened))") }
    defer { cl_close_file(opened) }
    let descriptor = cl_open_beneath(opened, name)
    guard descriptor >= 0 else {
      let reason = cl_is_outside(descriptor) ? "not a plain file" : text(descriptor)
      throw LuaError(
        .usage, "\(name): \(reason) (a .lua file or a folder with main.lua expected)")
    }
    do throws(LuaError) {
      return try OpenedFile(descriptor: descriptor).read(limit: limit, called: name)
    } catch {
      throw LuaError(.usage, error.message)
    }
  }

  static func text(_ status: Int32) -> String { String(cString: cl_error_text(status)) }

  static var working: String {
    string { cl_current_folder($0, $1) } ?? "/"
  }

  static func real(_ path: String) -> String? {
    string { cl_real_path(path, $0, $1) }
  }

  static func location(_ file: Int32) -> String? {
    string { cl_location(file, $0, $1) }
  }

  private static func string(_ fill: (UnsafeMutablePointer<CChar>?, Int) -> Bool) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let isFilled = buffer.withUnsafeMutableBufferPointer { fill($0.baseAddress, $0.count) }
    guard isFilled else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
