extension MappedFile {
  /// What the first bytes look like, for the message about a file of the wrong kind.
  var appearance: String {
    let kinds: [(start: String, name: String)] = [
      ("GGUF", "it is a GGUF file"),
      ("version https://git-lfs", "it is a Git LFS pointer, not the file itself"),
      ("<", "it is a web page or XML"),
      ("PK", "it is a zip archive, such as a PyTorch checkpoint"),
      ("{", "it is JSON text"),
      ("lmgg", "it is a GGML file from before GGUF"),
      ("fmgg", "it is a GGML file from before GGUF"),
      ("tjgg", "it is a GGML file from before GGUF"),
    ]
    func begins(with text: String, at offset: Int) -> Bool {
      let wanted = Array(text.utf8)
      return count >= offset + wanted.count
        && wanted.indices.allSatisfy {
          base.load(fromByteOffset: offset + $0, as: UInt8.self) == wanted[$0]
        }
    }
    if let kind = kinds.first(where: { begins(with: $0.start, at: 0) }) { return kind.name }
    if begins(with: "{\"", at: 8) { return "it looks like safetensors" }
    let first = (0..<min(4, count))
      .map { index in
        let digits = String(base.load(fromByteOffset: index, as: UInt8.self), radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }
    return "its first bytes are \(first.joined(separator: " "))"
  }
}
