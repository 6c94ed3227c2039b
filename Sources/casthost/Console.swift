import Foundation

/// The terminal: results go to standard output, everything else to standard error.
///
/// Nothing else in casthost prints. Control characters are made visible, so that a name in a
/// stranger's file cannot move the cursor.
enum Console {
  /// Whether standard error is a terminal that can redraw a line.
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"

  /// Whether messages may be coloured: on a terminal, and as no-color.org has it.
  static let colours = errorIsTerminal && (environment["NO_COLOR"] ?? "").isEmpty

  /// The environment as it was at launch.
  static let environment = ProcessInfo.processInfo.environment

  /// Keeps descriptors 0 to 2 from standing for a file that is opened later.
  ///
  /// One that was closed at launch is opened so that reads end and writes fail.
  static func claimDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is taken, which is this one.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Prints a line of the result.
  static func result(_ line: String) {
    emit(visible(line) + "\n", to: STDOUT_FILENO)
  }

  /// Prints a part of the result as it comes, without ending the line.
  static func stream(_ text: String) {
    emit(visible(text), to: STDOUT_FILENO)
  }

  /// Prints a line about what is going on.
  static func note(_ line: String) {
    emit(visible(line) + "\n", to: STDERR_FILENO)
  }

  /// Prints why the command failed.
  static func failure(_ message: String) {
    let label = colours ? "\u{1b}[1;31mcasthost:\u{1b}[0m " : "casthost: "
    emit(label + visible(message) + "\n", to: STDERR_FILENO)
  }

  /// Redraws the line that the cursor is on; only for a terminal.
  static func redraw(_ line: String) {
    emit("\r" + visible(line) + "\u{1b}[K", to: STDERR_FILENO)
  }

  /// Empties the line that the cursor is on; only for a terminal.
  static func clearLine() {
    emit("\r\u{1b}[K", to: STDERR_FILENO)
  }

  /// Prints rows of cells, each column as wide as its widest cell, two spaces between columns.
  ///
  /// - Parameters:
  ///   - rows: The cells.
  ///   - right: Numbers of the columns, from 0, whose cells stand at the right.
  ///   - tell: Prints a line: to standard output, unless told otherwise.
  static func table(
    _ rows: [[String]], right: Set<Int> = [], tell: (String) -> Void = Console.result
  ) {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    for row in rows {
      let cells = zip(row, widths).enumerated()
        .map { column, cell in
          let space = String(repeating: " ", count: cell.1 - cell.0.count)
          return right.contains(column) ? space + cell.0 : cell.0 + space
        }
      let line = cells.joined(separator: "  ")
      tell(String(line.reversed().drop { $0 == " " }.reversed()))
    }
  }

  /// The text with control characters, except newline and tab, written as `\u{1b}` is here.
  static func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var shown = ""
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
  }

  /// Writes everything, or ends the process: output that cannot be written must not look complete.
  private static func emit(_ text: String, to descriptor: Int32) {
    let written = Array(text.utf8)
      .withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
          let count = write(
            descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { return false }
          rest = rest.dropFirst(count)
        }
        return true
      }
    guard !written, descriptor == STDOUT_FILENO else { return }
    let reason = String(cString: strerror(errno))
    emit("casthost: standard output cannot be written (\(reason)).\n", to: STDERR_FILENO)
    ExitStatus.failure.leave()
  }
}
