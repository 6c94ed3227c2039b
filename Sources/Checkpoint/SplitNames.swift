/// How the parts of a split GGUF checkpoint are called: `name-00002-of-00005.gguf`.
struct SplitNames {
  /// Number of parts, at least two.
  let count: Int
  /// Tensors of all parts, where the first part says it.
  let tensors: Int?
  private let prefix: String
  private let path: String

  /// Reads `split.count` of the part that was opened; nil for a checkpoint in one file.
  ///
  /// - Throws: ``CheckpointError`` with code `malformed` unless it is the first of its parts and
  ///   named as such.
  init?(_ first: GGUF) throws(CheckpointError) {
    count = try first.metadata.optionalInt("split.count") ?? 1
    guard count > 1 else { return nil }
    path = first.path
    tensors = try first.metadata.optionalInt("split.tensors.count")
    guard count <= 99_999 else {
      throw CheckpointError(
        .malformed,
        "\(path): split.count is \(count) (expected at most 99999). The file is damaged.")
    }
    let number = try first.metadata.int("split.no")
    guard (0..<count).contains(number) else {
      throw CheckpointError(
        .malformed,
        "\(path): split.no is \(number) (expected 0 to \(count - 1)). The file is damaged.")
    }
    let ending = SplitNames.ending(number + 1, count)
    guard path.hasSuffix(ending) else {
      throw CheckpointError(
        .malformed,
        "\(path): part \(number + 1) of \(count) under another name (expected one that ends in "
          + "'\(ending)'). Give the parts the names that they were made with.")
    }
    prefix = String(path.dropLast(ending.count))
    guard number == 0 else {
      throw CheckpointError(
        .malformed,
        "\(path): part \(number + 1) of \(count) (expected the first). "
          + "Open \(prefix)\(SplitNames.ending(1, count)).")
    }
  }

  /// The path of a part, counted from 1.
  func path(_ number: Int) -> String { prefix + SplitNames.ending(number, count) }

  /// Checks that a file is the part that its name says.
  func check(_ part: GGUF, _ number: Int) throws(CheckpointError) {
    let found = try part.metadata.int("split.no")
    let of = try part.metadata.int("split.count")
    guard found == number - 1, of == count else {
      throw CheckpointError(
        .malformed,
        "\(part.path): split.no is \(found) and split.count \(of) (expected \(number - 1) and "
          + "\(count)). Fetch the checkpoint again.")
    }
  }

  private static func ending(_ number: Int, _ count: Int) -> String {
    func digits(_ value: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "-\(digits(number))-of-\(digits(count)).gguf"
  }
}
