/// One message of a conversation.
public struct ChatMessage: Sendable, Hashable {
  /// Who speaks: `system`, `user` or `assistant`.
  public let role: String
  /// What they say.
  public let content: String

  /// A message.
  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

/// How a model wants a conversation written down.
public struct ChatTemplate: Sendable, Hashable {
  /// Recognises a model's template.
  ///
  /// - Parameter source: GGUF's `tokenizer.chat_template`, a Jinja template.
  /// - Throws: ``TokenError`` with code `noChatTemplate` or `unsupportedChatTemplate`.
  public init(source: String?) throws(TokenError) {
  }

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - messages: The conversation so far.
  ///   - addGenerationPrompt: Whether to open the assistant's next turn.
  /// - Returns: Text to be encoded with control tokens recognised.
  /// - Throws: ``TokenError`` with code `unsupportedChatTemplate` for a role that the template
  ///   does not render.
  public func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool
  ) throws(TokenError) -> String {
    ""
  }
}
