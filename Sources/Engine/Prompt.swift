public import Tokens
import Transformer

/// What a model is asked to continue.
public enum Prompt: Sendable, Hashable {
  /// Raw text; special tokens are parsed, and BOS is put before it where the checkpoint asks.
  case text(String)
  /// A conversation; the model's chat template is applied, with the generation prompt. A last
  /// message of the assistant is left open: what it says so far, without an end token.
  case messages([ChatMessage])
  /// Token ids, used as they are.
  case tokens([Int32])
}

extension Model {
  /// The token ids of a prompt.
  ///
  /// - Throws: `TokenError` if the model has no chat template, or one that refuses the messages;
  ///   `ModelError` with code `emptyInput` if nothing is left.
  public func tokens(of prompt: Prompt) throws -> [Int32] {
    let ids: [Int32] =
      switch prompt {
      case .text(let text): try tokenizer.encode(text, special: true, addBOS: addsBOS)
      case .messages(let messages): try tokenizer.encode(render(messages), special: true)
      case .tokens(let ids): ids
      }
    guard !ids.isEmpty else {
      throw ModelError(.emptyInput, "prompt: no tokens (expected at least one). Add some text.")
    }
    return ids
  }

  /// The text of a conversation that the model is to go on with.
  ///
  /// - Throws: `TokenError` if the model has no chat template, or one that refuses the messages.
  public func render(_ messages: [ChatMessage]) throws -> String {
    guard let last = messages.last, last.role == "assistant" else {
      return try render(messages, addGenerationPrompt: true)
    }
    return try render(Array(messages.dropLast()), addGenerationPrompt: true) + last.content
  }

  /// The text of a conversation as the model's chat template writes it, at the run's time.
  ///
  /// - Throws: `TokenError` if the model has no chat template, or one that refuses the messages.
  public func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool
  ) throws(TokenError) -> String {
    try chatTemplate.render(messages, addGenerationPrompt: addGenerationPrompt, clock: clock)
  }
}
