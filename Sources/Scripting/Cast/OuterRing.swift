import CLuaShim

/// What the kernel refuses this process from a point on, should all other layers fail.
///
/// Landlock closes the files, TCP and signals to other processes; a seccomp filter closes sockets,
/// other programs and whatever else of the kernel no recipe needs. Linux only, and as far as the
/// kernel has them. Nothing opens the ring again.
public struct OuterRing: Sendable, Equatable {
  /// Files and folders that stay readable; those that do not exist are left out.
  public var readable: [String]
  /// Folders that stay writable, and readable.
  public var writable: [String]
  /// Whether files are left to the other layers, for a run that may read and write everything.
  public var leavesFiles: Bool

  /// The ring round several runs in one process: what is open to any of them.
  ///
  /// - Returns: The ring, not yet closed.
  public func joined(with other: OuterRing) -> OuterRing {
    OuterRing(
      readable: readable + other.readable, writable: writable + other.writable,
      leavesFiles: leavesFiles || other.leavesFiles)
  }

  /// Says what stays open.
  public init(readable: [String], writable: [String] = [], leavesFiles: Bool = false) {
    self.readable = readable
    self.writable = writable
    self.leavesFiles = leavesFiles
  }

  /// What is in force.
  public struct State: Sendable, Equatable {
    /// How files are closed: "on (Landlock 7)", or "off" and why.
    public let files: String
    /// How system calls are closed: "on (seccomp)", or "off" and why.
    public let calls: String

    /// Both, as one line.
    public var description: String { "outer ring: files \(files), system calls \(calls)" }
  }

  /// Whether the kernel can close files.
  public static var closesFiles: Bool { cl_ring_files_version() > 0 }

  /// Closes the ring; to be called while the process has one thread, as Landlock binds a thread
  /// and those that it starts.
  public func close() -> State {
    // The filter comes second: nothing that the files need may be refused by it.
    State(files: closeFiles(), calls: Self.outcome(cl_ring_filter_calls(), "seccomp"))
  }

  private func closeFiles() -> String {
    if leavesFiles { return "off (--allow-all)" }
    let rules = cl_ring_open()
    guard rules >= 0 else { return Self.outcome(rules, "Landlock") }
    // Atomic writes and the C library may want the one device that holds nothing.
    // Without randomness, every temporary file would have the same name.
    for path in readable + ["/dev/urandom"] { _ = cl_ring_allow(rules, path, false) }
    for path in writable + ["/dev/null"] { _ = cl_ring_allow(rules, path, true) }
    return Self.outcome(cl_ring_close(rules), "Landlock \(cl_ring_files_version())")
  }

  private static func outcome(_ status: Int32, _ name: String) -> String {
    status == 0 ? "on (\(name))" : "off (\(name): \(FileAccess.text(status)))"
  }

  /// The file or folder that holds everything which a glob pattern of paths can match.
  public static func root(ofPattern pattern: String) -> String {
    guard let wild = pattern.firstIndex(where: { "*?[\\".contains($0) }) else { return pattern }
    // A leading wildcard matches slashes too, so every path.
    guard wild != pattern.startIndex else { return "/" }
    let (folder, _) = PathText.split(String(pattern[..<wild]))
    return folder.isEmpty ? (pattern.hasPrefix("/") ? "/" : ".") : folder
  }
}

extension ScriptHost.Settings {
  /// The ring round a run with these settings.
  ///
  /// - Parameters:
  ///   - readable: Further files and folders that the host itself has to read, such as models.
  ///   - writable: Further folders that the host itself has to write.
  /// - Returns: The ring, not yet closed.
  public func outerRing(readable: [String] = [], writable: [String] = []) -> OuterRing {
    let modules =
      FileAccess.locateRecipe(recipe)
      .map { ModuleFinder.folders(recipe: $0.folder, libraries: libraryFolders) } ?? []
    let out = capabilities.outFolder.map { [$0] } ?? []
    return OuterRing(
      readable: modules + capabilities.readFolders + readable,
      writable: out + capabilities.writeFolders + writable, leavesFiles: capabilities.allowsAll)
  }
}
