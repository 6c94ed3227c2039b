/// Splits text into the words that byte-level BPE merges one by one.
///
/// Twin of the regular expressions in the original tokenizers, one alternative after the other,
/// written out so that no text takes more than linear time.
struct WordScanner {
  private let reader: ScalarReader
  private let rules: PreTokenizer

  init(_ reader: ScalarReader, _ rules: PreTokenizer) {
    self.reader = reader
    self.rules = rules
  }

  /// Where the word that starts at a position ends.
  ///
  /// - Parameter start: Before the end of the text.
  /// - Returns: After `start`.
  func endOfWord(from start: Int) -> Int {
    switch rules {
    case .gpt2: endOfGPT2Word(from: start)
    case .smolLM: endOfSmolLMWord(from: start)
    case .llama3: endOfLlama3Word(from: start, digits: 3)
    case .qwen2: endOfLlama3Word(from: start, digits: 1)
    }
  }

  // MARK: GPT-2

  /// The end of a word of GPT-2.
  ///
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  private func endOfGPT2Word(from start: Int) -> Int {
    if let end = endOfContraction(from: start, anyCase: false) { return end }
    let (first, letters) = afterOptionalSpace(start)
    switch first {
    case .letter, .number, .other: return endOfRun(of: first, from: letters)
    case .space, .end: return endOfSpace(from: start)
    }
  }

  /// The end of a word of SmolLM.
  ///
  /// `\p{N}` alone; what lies between is split as by GPT-2, as if the text ended there.
  private func endOfSmolLMWord(from start: Int) -> Int {
    let (kind, count) = reader.scalar(at: start)
    if kind == .number { return start + count }
    if let end = endOfContraction(from: start, anyCase: false) { return end }
    let (first, letters) = afterOptionalSpace(start)
    switch first {
    case .letter, .other: return endOfRun(of: first, from: letters)
    case .number, .space, .end: return endOfSpace(from: start, isEnd: .number)
    }
  }

  // MARK: Llama 3

  /// The end of a word of Llama 3.
  ///
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|`
  /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, and Qwen 2 with `\p{N}`.
  private func endOfLlama3Word(from start: Int, digits: Int) -> Int {
    if let end = endOfContraction(from: start, anyCase: true) { return end }
    let (kind, count) = reader.scalar(at: start)
    if kind == .letter { return endOfRun(of: .letter, from: start) }
    if kind == .number { return endOfRun(of: .number, from: start, atMost: digits) }
    if !isNewline(start), reader.scalar(at: start + count).kind == .letter {
      return endOfRun(of: .letter, from: start + count)
    }
    let (first, others) = afterOptionalSpace(start)
    if first == .other {
      var end = endOfRun(of: .other, from: others)
      while isNewline(end) { end += 1 }
      return end
    }
    return endOfSpace(from: start, stopsAfterNewline: true)
  }

  // MARK: Alternatives

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`, if one of them starts here.
  private func endOfContraction(from start: Int, anyCase: Bool) -> Int? {
    guard reader.text[start] == UInt8(ascii: "'"), start + 1 < reader.end else { return nil }
    let fold: UInt8 = anyCase ? 0x20 : 0
    let first = reader.text[start + 1] | fold
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      guard start + 2 < reader.end else { return nil }
      let expected = first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")
      return reader.text[start + 2] | fold == expected ? start + 3 : nil
    default: return nil
    }
  }

  /// What stands at a position, or behind it if a space stands there, and where that is.
  private func afterOptionalSpace(_ start: Int) -> (kind: ScalarClass, position: Int) {
    let position = reader.text[start] == 0x20 ? start + 1 : start
    return (reader.scalar(at: position).kind, position)
  }

  private func endOfRun(of kind: ScalarClass, from start: Int, atMost limit: Int = .max) -> Int {
    var end = start
    var length = 0
    while length < limit {
      let (found, count) = reader.scalar(at: end)
      guard found == kind else { break }
      end += count
      length += 1
    }
    return end
  }

  /// The end of a run of white space, without the last one if a word follows: `\s+(?!\S)|\s+`.
  ///
  /// - Parameters:
  ///   - start: Where white space starts.
  ///   - isEnd: A class that ends the text as far as this rule is concerned.
  ///   - stopsAfterNewline: Whether `\s*[\r\n]+` goes before.
  /// - Returns: After `start`.
  private func endOfSpace(
    from start: Int, isEnd: ScalarClass = .end, stopsAfterNewline: Bool = false
  ) -> Int {
    var end = start
    var last = start
    var afterNewline: Int?
    while true {
      let (kind, count) = reader.scalar(at: end)
      guard kind == .space else {
        if let afterNewline { return afterNewline }
        return kind == .end || kind == isEnd || last == start ? end : last
      }
      if stopsAfterNewline, isNewline(end) { afterNewline = end + count }
      last = end
      end += count
    }
  }

  private func isNewline(_ position: Int) -> Bool {
    guard position < reader.end else { return false }
    return reader.text[position] == 0x0A || reader.text[position] == 0x0D
  }
}
