import CLuaShim

/// Opens and writes files for a recipe, as far as the run allows.
///
/// A relative path is looked for beside the recipe, then in the working directory; a file written
/// to a relative path goes to the working directory. The check is made on the open file: symbolic
/// links may not lead out of an allowed folder, and only regular files are opened.
final class FileAccess {
  private let capabilities: Capabilities
  private let limits: ScriptLimits
  private let recipeFolder: String
  private let workingFolder: String
  private let readable: [Grant]
  private let writable: [Grant]
  private let deniedForReading: [String]
  private let deniedForWriting: [String]
  private var writes = 0
  /// Told of every file that is read or written.
  var observer: ((FileUse) -> Void)?
  /// Files read so far, without symbolic links.
  private(set) var filesRead: [String] = []
  /// Files written so far.
  private(set) var filesWritten: [String] = []

  /// An allowed folder: as it was named, and where it really is.
  private struct Grant {
    let named: String
    let real: String
  }

  /// Collects the rules of a run; `recipeFolder` is always readable.
  init(_ capabilities: Capabilities, limits: ScriptLimits, recipeFolder: String) {
    self.capabilities = capabilities
    self.limits = limits
    let working = FileAccess.working
    workingFolder = working
    self.recipeFolder = PathText.absolute(recipeFolder, from: working)
    func grants(_ folders: [String]) -> [Grant] {
      folders.map { folder in
        let named = PathText.absolute(folder, from: working)
        return Grant(named: named, real: FileAccess.real(named) ?? named)
      }
    }
    let out = capabilities.outFolder.map { [$0] } ?? []
    let all = capabilities.allowsAll ? ["/"] : []
    readable = grants([recipeFolder] + capabilities.readFolders + out + all)
    writable = grants(out + capabilities.writeFolders + all)
    deniedForReading = grants(capabilities.deniedReadFolders).map(\.real)
    deniedForWriting = grants(capabilities.deniedWriteFolders).map(\.real)
  }

  // MARK: Reading

  /// Opens a file that the recipe may read.
  ///
  /// - Throws: ``LuaError`` with code `permission` for a path outside of what is allowed, naming
  ///   the flag that would allow it; with code `script` where the file cannot be opened.
  func openForReading(_ path: String) throws(LuaError) -> OpenedFile {
    if let file = try openIfPresent(path) { return file }
    let last = candidates(path).last { grant(for: $0, in: readable) != nil }
    let here = PathText.absolute(path, from: workingFolder)
    let other =
      grant(for: here, in: readable) != nil
      ? "" : "; the working directory takes --allow-read=\(PathText.split(here).folder)"
    throw LuaError(.script, "\(path): no such file (looked for \(last ?? path)\(other))")
  }

  /// Opens a file that the recipe may read; nil if there is none.
  ///
  /// - Throws: As ``openForReading(_:)``.
  func openIfPresent(_ path: String) throws(LuaError) -> OpenedFile? {
    try checkText(path)
    let here = PathText.absolute(path, from: workingFolder)
    if isClosed(here) { throw refused(path, here, "read") }
    let allowed = candidates(path).filter { grant(for: $0, in: readable) != nil }
    guard !allowed.isEmpty else { throw refused(path, here, "read") }
    for candidate in allowed {
      if let file = try open(candidate, called: path) { return file }
    }
    return nil
  }

  /// Where a path is looked for.
  private func candidates(_ path: String) -> [String] {
    let beside = PathText.absolute(path, from: recipeFolder)
    let here = PathText.absolute(path, from: workingFolder)
    return beside == here ? [beside] : [beside, here]
  }

  /// The content of a file that the recipe may read.
  func read(_ path: String) throws(LuaError) -> [UInt8] {
    try openForReading(path).read(limit: limits.fileBytes, called: path)
  }

  /// Opens an allowed path; nil if there is no such file.
  private func open(_ path: String, called name: String) throws(LuaError) -> OpenedFile? {
    guard let (grant, rest) = grant(for: path, in: readable) else { return nil }
    let folder = cl_open_folder(grant.real)
    guard folder >= 0 else { return nil }
    defer { cl_close_file(folder) }
    let descriptor = cl_open_beneath(folder, rest.isEmpty ? "." : rest)
    if cl_is_missing(descriptor) { return nil }
    if cl_is_outside(descriptor) {
      throw LuaError(
        .permission,
        "\(name): permission denied (a link that leads out of \(grant.named), or not a plain file)")
    }
    guard descriptor >= 0 else {
      throw LuaError(.script, "\(name): \(FileAccess.text(descriptor))")
    }
    let file = OpenedFile(descriptor: descriptor)
    let location = FileAccess.location(descriptor) ?? path
    try checkDenied(location, deniedForReading, name, "read")
    guard cl_file_links(descriptor) <= 1 || capabilities.allowsAll else {
      throw LuaError(
        .permission,
        "\(name): permission denied (the file has other names, hard links, that may lie elsewhere)")
    }
    if !filesRead.contains(location) { filesRead.append(location) }
    observer?(FileUse(kind: .read, path: location, content: .opened(file.path)))
    return file
  }

  // MARK: Writing

  /// The path of a result in the folder of `--out`; its folders are made.
  ///
  /// - Throws: ``LuaError`` with code `permission` if the run has no such folder, or for a name
  ///   that leads out of it.
  func outPath(_ name: String) throws(LuaError) -> String {
    try checkText(name)
    guard let out = capabilities.outFolder else {
      throw LuaError(.permission, "\(name): this run writes nothing; allow it with --out=DIR")
    }
    let folder = PathText.absolute(out, from: workingFolder)
    let path = PathText.absolute(name, from: folder)
    guard !name.hasPrefix("/"), let rest = PathText.rest(of: path, below: folder), !rest.isEmpty
    else { throw LuaError(.permission, "\(name): the name leads out of the folder of --out") }
    try makeFolders(folder, PathText.split(rest).folder, called: name)
    return out.hasSuffix("/") ? out + rest : out + "/" + rest
  }

  private func makeFolders(
    _ folder: String, _ rest: String, called name: String
  ) throws(LuaError) {
    var status = cl_make_folder(folder)
    if status == 0 {
      let opened = cl_open_folder(folder)
      defer { if opened >= 0 { cl_close_file(opened) } }
      status = opened < 0 ? opened : cl_make_folders(opened, rest)
    }
    guard status == 0 else { throw LuaError(.script, "\(name): \(FileAccess.text(status))") }
  }

  /// Writes a file: under another name first, renamed when it is complete.
  ///
  /// - Throws: ``LuaError`` with code `permission` for a path outside of what is allowed and for
  ///   a file that is there already without `--force`; with code `script` where writing fails.
  func write(_ bytes: [UInt8], to path: String) throws(LuaError) {
    try checkText(path)
    let target = PathText.absolute(path, from: workingFolder)
    guard let (grant, rest) = grant(for: target, in: writable), !rest.isEmpty else {
      throw refused(path, target, "write")
    }
    guard bytes.count <= limits.fileBytes else {
      throw LuaError(
        .script, "\(path): too much for one file (\(bytes.count) bytes, limit \(limits.fileBytes))")
    }
    guard writes < limits.files else {
      throw LuaError(.script, "\(path): too many files written (limit \(limits.files))")
    }
    let (inner, name) = PathText.split(rest)
    if grant.named == capabilities.outFolder.map({ PathText.absolute($0, from: workingFolder) }) {
      _ = cl_make_folder(grant.real)
    }
    let folder = cl_open_folder(grant.real)
    guard folder >= 0 else {
      throw LuaError(.script, "\(grant.named): \(FileAccess.text(folder))")
    }
    defer { cl_close_file(folder) }
    let parent = cl_open_folder_beneath(folder, inner)
    guard parent >= 0 else { throw failure(parent, path) }
    defer { cl_close_file(parent) }
    let location = (FileAccess.location(parent) ?? grant.real) + "/" + name
    try checkDenied(location, deniedForWriting, path, "write")
    let status = bytes.withUnsafeBytes { raw in
      cl_write_file(parent, name, raw.baseAddress, raw.count, capabilities.replacesFiles)
    }
    guard status == 0 else { throw failure(status, path) }
    writes += 1
    filesWritten.append(location)
    observer?(FileUse(kind: .written, path: location, content: .bytes(bytes)))
  }

  private func failure(_ status: Int32, _ path: String) -> LuaError {
    if cl_is_existing(status) {
      return LuaError(.permission, "\(path): the file is there already; allow it with --force")
    }
    if cl_is_outside(status) {
      return LuaError(
        .permission,
        "\(path): permission denied (a link that leads out of the allowed folder, or "
          + "not a plain file)")
    }
    return LuaError(.script, "\(path): \(FileAccess.text(status))")
  }

  // MARK: Rules

  private func grant(for path: String, in grants: [Grant]) -> (Grant, String)? {
    for grant in grants {
      for folder in [grant.named, grant.real] {
        if let rest = PathText.rest(of: path, below: folder) { return (grant, rest) }
      }
    }
    return nil
  }

  private func isClosed(_ path: String) -> Bool {
    Capabilities.closed.contains { PathText.rest(of: path, below: $0) != nil }
  }

  private func checkText(_ path: String) throws(LuaError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw LuaError(.script, "a path is neither empty nor has a zero byte")
    }
  }

  private func checkDenied(
    _ location: String, _ denied: [String], _ name: String, _ verb: String
  ) throws(LuaError) {
    for folder in Capabilities.closed where PathText.rest(of: location, below: folder) != nil {
      throw LuaError(
        .permission, "\(name): permission denied (no flag opens \(folder) to a recipe)")
    }
    for folder in denied where PathText.rest(of: location, below: folder) != nil {
      throw LuaError(
        .permission, "\(name): permission denied (--deny-\(verb)=\(folder))")
    }
  }

  private func refused(_ name: String, _ path: String, _ verb: String) -> LuaError {
    for folder in Capabilities.closed where PathText.rest(of: path, below: folder) != nil {
      return LuaError(
        .permission, "\(name): permission denied (no flag opens \(folder) to a recipe)")
    }
    let folder = PathText.split(path).folder
    let flag = "--allow-\(verb)=\(folder.isEmpty ? "/" : folder)"
    return LuaError(
      .permission,
      "\(name): permission denied; allow it with \(flag)"
        + (verb == "write" && capabilities.outFolder == nil ? " or --out=DIR" : ""))
  }
}
