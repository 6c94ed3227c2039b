public import JSON

extension JSONValue {
  /// The largest file that is read: the list of tensors of the largest models has some megabytes.
  private static let largestFile = 64 << 20

  /// Reads one of the small files beside the weights of a model, as Python writes them.
  ///
  /// - Throws: ``CheckpointError`` with code `unreadable`, or `malformed` with the place.
  public static func read(_ path: String) throws(CheckpointError) -> JSONValue {
    let file = try MappedFile(path)
    guard file.count <= largestFile else {
      throw CheckpointError(
        .malformed,
        "\(path): \(file.count) bytes of JSON (expected at most \(largestFile)). "
          + "The file is damaged.")
    }
    do throws(JSONFault) {
      return try JSONValue(
        parsing: UnsafeRawBufferPointer(start: file.base, count: file.count), .python)
    } catch {
      throw CheckpointError(
        .malformed,
        "\(path): wrong at line \(error.line), column \(error.column) (expected "
          + "\(error.expected), found \(error.found)). The file is damaged.")
    }
  }
}
