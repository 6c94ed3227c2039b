/// Which tokens end a generation.
enum EndTokens {
  /// Names that model families give to the end of a text or of a turn.
  static let names = [
    "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>",
    "<end_of_turn>", "<end_of_utterance>", "<|END_OF_TURN_TOKEN|>", "<EOT>", "<|return|>",
    "<|call|>", "<｜end▁of▁sentence｜>",
  ]

  /// The vocabulary's EOS and EOT, and tokens with one of the known names.
  ///
  /// Some converters store such a token as normal text; it is made a control token.
  static func find(
    _ vocabulary: Vocabulary, _ index: PieceIndex, _ kinds: inout [Vocabulary.Kind]
  ) -> Set<Int32> {
    var ids = Set([vocabulary.eos, vocabulary.eot].compactMap { $0 })
    for name in names {
      let id = index.find([UInt8](name.utf8))
      guard id >= 0 else { continue }
      ids.insert(id)
      kinds[Int(id)] = .control
    }
    return ids
  }
}
