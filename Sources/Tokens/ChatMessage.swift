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
