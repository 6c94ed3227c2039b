import CLuaShim

/// Finds the text of a module for `require`: a file beside the recipe or in a library folder.
struct ModuleFinder {
  /// Where modules lie, in the order in which they are looked for.
  var folders: [String]
  /// Largest module, in bytes.
  var limit: Int
  /// Called with the path of each file that is looked for, whether or not it is there.
  var willRead: (String) -> Void = { _ in }
  /// Told of every module that is found.
  var observer: ((FileUse) -> Void)?

  /// The folders for a recipe: its own, `lib` of the `Scripts` that it lies in, and libraries.
  static func folders(recipe: String, libraries: [String]) -> [String] {
    let parts = PathText.absolute(recipe, from: FileAccess.working).split(separator: "/")
    let shared = parts.lastIndex(of: "Scripts")
      .map { ["/" + parts[...$0].joined(separator: "/") + "/lib"] }
    return [recipe] + (shared ?? []) + libraries
  }

  /// The text of a module and the name of its chunk.
  ///
  /// A name is words joined by dots, `lib.tools` for `lib/tools.lua`, so that it cannot lead out
  /// of its folder; links may not either.
  ///
  /// - Throws: ``LuaError`` for a name of another form, and where no folder has the module.
  func find(_ name: String) throws(LuaError) -> (text: [UInt8], chunk: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isWord = parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in
          byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || (byte < 0x80
              && (Unicode.Scalar(byte).properties.isAlphabetic
                || Unicode.Scalar(byte).properties.numericType != nil))
        }
    }
    guard isWord else {
      throw LuaError(.script, "bad module name '\(escaped(name))' (words joined by dots expected)")
    }
    let path = parts.joined(separator: "/") + ".lua"
    for folder in folders {
      willRead(folder + "/" + path)
      if let text = try read(path, in: folder) { return (text, path) }
    }
    throw LuaError(
      .script,
      "module '\(name)' not found (looked for \(path) in \(folders.joined(separator: ", ")))")
  }

  private func read(_ path: String, in folder: String) throws(LuaError) -> [UInt8]? {
    let opened = cl_open_folder(folder)
    guard opened >= 0 else { return nil }
    defer { cl_close_file(opened) }
    let descriptor = cl_open_beneath(opened, path)
    if cl_is_missing(descriptor) { return nil }
    guard descriptor >= 0 else {
      let reason =
        cl_is_outside(descriptor)
        ? "it is a link that leads out of its folder, or not a plain file"
        : FileAccess.text(descriptor)
      throw LuaError(.permission, "module \(path): \(reason)")
    }
    let text = try OpenedFile(descriptor: descriptor).read(limit: limit, called: path)
    let location = FileAccess.location(opened) ?? folder
    observer?(FileUse(kind: .module, path: location + "/" + path, content: .bytes(text)))
    return text
  }

  private func escaped(_ name: String) -> String {
    String(name.unicodeScalars.prefix(100).map { $0.value < 0x20 ? "?" : Character($0) })
  }
}
