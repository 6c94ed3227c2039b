/// Rows of comma-separated text with a header, as RFC 4180 has it.
///
/// Fields may be quoted, quotes in them doubled; quoted fields keep line breaks. Lines end with
/// LF or CR LF; empty lines are skipped.
struct CSVText {
  /// A row and the line that it begins on, from 1.
  struct Row {
    let line: Int
    let fields: [String: String]
  }

  private let bytes: [UInt8]
  private let path: String
  private var offset = 0
  private var line = 1

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// Reads a text; `path` is for messages.
  ///
  /// - Throws: ``SteeringError`` with code `malformedFile`, naming the line.
  static func rows(of text: String, path: String) throws(SteeringError) -> [Row] {
    var reader = CSVText(text, path)
    guard let (_, header) = try reader.record() else { return [] }
    var names: Set<String> = []
    for name in header where !names.insert(name).inserted {
      throw reader.failure(1, "the column '\(name)' occurs twice. Rename one of the two")
    }
    var rows: [Row] = []
    while let (line, record) = try reader.record() {
      guard record.count == header.count else {
        throw reader.failure(
          line,
          "\(record.count) fields (expected \(header.count), as in the header). Quote fields "
            + "that contain commas")
      }
      let fields = Dictionary(zip(header, record)) { _, last in last }
      rows.append(Row(line: line, fields: fields))
    }
    return rows
  }

  private init(_ text: String, _ path: String) {
    var bytes = Array(text.utf8)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    self.bytes = bytes
    self.path = path
  }

  /// The next row that is not empty, and its line; nil at the end.
  private mutating func record() throws(SteeringError) -> (Int, [String])? {
    while offset < bytes.count, endsLine() { skipLineEnd() }
    guard offset < bytes.count else { return nil }
    let first = line
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard offset < bytes.count, bytes[offset] == CSVText.comma else { break }
      offset += 1
    }
    skipLineEnd()
    return (first, fields)
  }

  private mutating func field() throws(SteeringError) -> String {
    guard offset < bytes.count, bytes[offset] == CSVText.quote else {
      let start = offset
      while offset < bytes.count, bytes[offset] != CSVText.comma, !endsLine() {
        guard bytes[offset] != CSVText.quote else {
          throw failure(line, "a quote inside a field without quotes. Quote the whole field")
        }
        offset += 1
      }
      return String(decoding: bytes[start..<offset], as: UTF8.self)
    }
    let opened = line
    var content: [UInt8] = []
    offset += 1
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if byte == CSVText.newline { line += 1 }
      guard byte == CSVText.quote else {
        content.append(byte)
        continue
      }
      if offset < bytes.count, bytes[offset] == CSVText.quote {
        content.append(byte)
        offset += 1
        continue
      }
      guard offset == bytes.count || bytes[offset] == CSVText.comma || endsLine() else {
        throw failure(line, "text after the closing quote of a field. Double the quotes in it")
      }
      return String(decoding: content, as: UTF8.self)
    }
    throw failure(opened, "a quoted field that never ends. Close its quote")
  }

  private func endsLine() -> Bool {
    bytes[offset] == CSVText.newline
      || (bytes[offset] == CSVText.carriageReturn && offset + 1 < bytes.count
        && bytes[offset + 1] == CSVText.newline)
  }

  private mutating func skipLineEnd() {
    guard offset < bytes.count else { return }
    offset += bytes[offset] == CSVText.newline ? 1 : 2
    line += 1
  }

  private func failure(_ line: Int, _ what: String) -> SteeringError {
    SteeringError(.malformedFile, "\(path), line \(line): \(what).")
  }
}
