import JSON

extension Vocabulary {
  /// The vocabulary of a Hugging Face directory.
  ///
  /// Byte-level BPE, and BPE over characters with byte fallback.
  ///
  /// - Parameters:
  ///   - json: The bytes of `tokenizer.json`.
  ///   - configuration: What `tokenizer_config.json` says, if there is one.
  /// - Throws: ``TokenError`` with code `malformedTokenizer` for a file that contradicts itself,
  ///   `unsupportedTokenizer` or `unsupportedPattern` for one that asks for something else.
  public init(
    tokenizerJSON json: [UInt8], configuration: TokenizerConfiguration? = nil
  ) throws(TokenError) {
    let file = try json.withUnsafeBufferPointer { (bytes) throws(TokenError) in
      try TokenizerFile(bytes)
    }
    let pipeline = try TokenizerPipeline(file.parts)
    try Vocabulary.checkModel(file.model, isByteLevel: pipeline.isByteLevel)
    var added = try file.addedTokens()
    let known = Set(added.map(\.content))
    added += configuration?.addedTokens.filter { !known.contains($0.content) } ?? []
    added.removeAll { $0.content.isEmpty }

    self.init(
      model: pipeline.isByteLevel
        ? .bytePair(PreTokenizer(TokenizerFile.name, pipeline.steps)) : .characterPairs,
      pieces: PieceTable(), merges: file.merges)
    mergeCuts = file.cuts
    normalizer = pipeline.normalizer
    spaces = pipeline.spaces
    takesWholeWords = file.model["ignore_merges"]?.bool ?? false
    let index = try setPieces(file, &added)
    try setKinds(added, unknown: file.model["unk_token"]?.string, index)
    setSpecial(pipeline, configuration, index)
    if pipeline.isByteLevel {
      let fuses = file.model["fuse_unk"]?.bool ?? false
      let name = file.model["unk_token"]?.string
      missingByte = name.flatMap { index[$0] }.map { .unknown($0, fuses: fuses) } ?? .skipped
    }
  }

  private static func checkModel(
    _ model: [String: JSONValue], isByteLevel: Bool
  ) throws(TokenError) {
    let type = model["type"]?.string ?? "BPE"
    guard type == "BPE" else { throw .unsupportedTokenizer("the model '\(type)'", "BPE") }
    guard isByteLevel || model["byte_fallback"]?.bool == true else {
      throw .unsupportedTokenizer(
        "BPE of neither kind", "the pre-tokenizer ByteLevel, or a model with byte_fallback")
    }
    guard isByteLevel || model["ignore_merges"]?.bool != true else {
      throw .unsupportedTokenizer("ignore_merges without ByteLevel", "ignore_merges false")
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"]
    where !(model[name]?.string ?? "").isEmpty {
      throw .unsupportedTokenizer("'\(name)' in the model", "none")
    }
    if case .number(let dropout)? = model["dropout"], dropout != 0 {
      throw .unsupportedTokenizer("dropout", "none")
    }
  }

  /// Puts the pieces in the order of their ids.
  ///
  /// - Returns: The id of every added token, and of every piece that is asked for by name later.
  private mutating func setPieces(
    _ file: TokenizerFile, _ added: inout [TokenizerFile.AddedToken]
  ) throws(TokenError) -> [String: Int32] {
    var last = max(file.ids.max() ?? -1, added.map(\.id).max() ?? -1)
    guard last >= 0, last - file.ids.count - added.count < TokenizerFile.mostGaps else {
      throw .malformedTokenizer(
        "\(file.ids.count + added.count) tokens with ids up to \(last)",
        "ids without large gaps")
    }
    last += 1
    // By id: the position of its piece in the file, that of an added token behind them, or -1.
    var places = [Int](repeating: -1, count: last)
    for (place, id) in file.ids.enumerated() {
      guard places[id] < 0 else {
        throw .malformedTokenizer("two pieces with the id \(id)", "one piece for each id")
      }
      places[id] = place
    }
    let names = PieceNames(file)
    var index: [String: Int32] = [:]
    for (position, token) in added.enumerated() {
      if let id = names.id(of: token.content) { added[position].id = id }
      let id = added[position].id
      let place = places[id]
      guard index[token.content] == nil else {
        throw .malformedTokenizer("the added token '\(token.content)' twice", "it once")
      }
      guard place < 0 || (place < file.ids.count && names.id(of: token.content) == id) else {
        throw .malformedTokenizer("two tokens with the id \(id)", "one token for each id")
      }
      if place < 0 { places[id] = file.ids.count + position }
      index[token.content] = Int32(id)
    }
    pieces = PieceTable(reserving: last, byteCount: file.pieces.bytes.count)
    for place in places {
      if place < 0 {
        pieces.append("")
      } else if place < file.ids.count {
        file.pieces[place].withUnsafeBytes { pieces.append($0) }
      } else {
        pieces.append(added[place - file.ids.count].content)
      }
    }
    if let name = file.model["unk_token"]?.string, let id = names.id(of: name) {
      index[name] = Int32(id)
    }
    return index
  }

  private mutating func setKinds(
    _ added: [TokenizerFile.AddedToken], unknown name: String?, _ index: [String: Int32]
  ) throws(TokenError) {
    kinds = [Kind](repeating: .normal, count: count)
    for id in 0..<count {
      if pieces[id].isEmpty { kinds[id] = .unused }
      if !isByteLevel, Vocabulary.byte(of: pieces[id]) != nil { kinds[id] = .byte }
    }
    for token in added {
      kinds[token.id] = token.isSpecial ? .control : .userDefined
      addedTokens[Int32(token.id)] = token.rule
    }
    guard !isByteLevel else { return }
    unknown = name.flatMap { index[$0] }
    let missing = try byteTokens().firstIndex(of: -1)
    if let missing {
      throw .malformedTokenizer("no token for byte \(missing)", "256 tokens such as <0x0A>")
    }
  }

  private mutating func setSpecial(
    _ pipeline: TokenizerPipeline, _ configuration: TokenizerConfiguration?,
    _ index: [String: Int32]
  ) {
    func id(_ name: String?) -> Int32? { name.flatMap { index[$0] } }
    let (prefix, suffix) = (id(pipeline.prefix.first), id(pipeline.suffix.first))
    bos = prefix ?? id(configuration?.bos)
    eos = id(configuration?.eos) ?? suffix
    if unknown == nil { unknown = id(configuration?.unknown) }
    padding = id(configuration?.padding)
    addsBOS = (configuration?.addsBOS ?? (prefix != nil)) && bos != nil
    addsEOS = (configuration?.addsEOS ?? (suffix != nil)) && eos != nil
  }
}

/// Finds the ids of a file's pieces by their text.
private struct PieceNames {
  private let index: PieceIndex
  private let ids: [Int]

  init(_ file: TokenizerFile) {
    var index = PieceIndex(file.pieces)
    index.insert {
      _ in
      true
    } clash: { _, _ in
    }
    self.index = index
    ids = file.ids
  }

  func id(of piece: String) -> Int? {
    let place = index.find([UInt8](piece.utf8))
    return place < 0 ? nil : ids[Int(place)]
  }
}
