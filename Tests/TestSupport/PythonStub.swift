public import Foundation

/// A `python3` whose pip does what a test says; everything else goes to the real one.
///
/// The script runs with `$dest`, where the wheel belongs, and `$package`, the package's name
/// without its version; `$stub` is the stub's own folder. Each call of pip adds a line to the file `calls`.
public final class PythonStub: Sendable {
  /// A script that hands over a wheel made of the pieces given at initialisation.
  public static let delivers = """
    python3 -c '
    import sys, zipfile
    folder, dest, package = sys.argv[1:]
    with zipfile.ZipFile(dest + "/" + package + ".whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        member = open(folder + "/" + package + ".member").read()
        wheel.write(folder + "/" + package + ".piece", member)
    ' "$stub" "$dest" "$package"
    """

  private let folder: ScratchFolder

  /// The folder to put first in `PATH`.
  public var path: String { folder.url.path }
  /// The interpreter itself.
  public var interpreter: String { folder.url.appendingPathComponent("python3").path }

  /// Writes the stub.
  ///
  /// - Parameters:
  ///   - pip: What `python3 -m pip` does, as a shell script.
  ///   - pieces: For ``delivers``: package, member and the member's content.
  /// - Throws: What writing the files throws.
  public init(
    pip: String, pieces: [(package: String, member: String, content: Data)] = []
  ) throws {
    folder = try ScratchFolder()
    for piece in pieces {
      let base = folder.url.appendingPathComponent(piece.package)
      try piece.content.write(to: base.appendingPathExtension("piece"))
      try Data(piece.member.utf8).write(to: base.appendingPathExtension("member"))
    }
    let script = """
      #!/bin/sh
      stub='\(folder.url.path)'
      PATH="${PATH#"$stub:"}"
      export PATH
      if [ "$1" != -m ]; then exec python3 "$@"; fi
      echo "$@" >> "$stub/calls"
      while [ $# -gt 1 ]; do
        if [ "$1" = --dest ]; then dest=$2; fi
        shift
      done
      package=${1%%==*}
      \(pip)
      """
    try install(script)
  }

  /// Puts the script in place by way of another process.
  ///
  /// A program that this process has open for writing, and so any child that is being started
  /// just then, could not be run: "text file busy".
  private func install(_ script: String) throws {
    let source = folder.url.appendingPathComponent("script")
    try Data(script.utf8).write(to: source)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["install", "-m", "755", source.path, interpreter]
    try process.run()
    process.waitUntilExit()
  }

  /// A script that goes on once ``release()`` was called.
  public static let awaitsRelease = "until [ -e \"$stub/release\" ]; do sleep 0.05; done\n"

  /// Lets ``awaitsRelease`` go on.
  public func release() {
    let file = folder.url.appendingPathComponent("release").path
    _ = FileManager.default.createFile(atPath: file, contents: nil)
  }

  /// How often pip was called.
  public var callCount: Int {
    let calls = try? String(contentsOf: folder.url.appendingPathComponent("calls"), encoding: .utf8)
    return calls?.split(separator: "\n").count ?? 0
  }
}
