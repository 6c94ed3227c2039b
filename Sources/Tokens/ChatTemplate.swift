public import Jinja

/// How a model wants a conversation written down: its own Jinja template.
///
/// Rendered as `apply_chat_template` of Hugging Face's Transformers does. Parsed once; immutable.
public struct ChatTemplate: Sendable, Hashable {
  /// The template as the model has it.
  public let source: String
  /// What the template can ask for beside the conversation: `bos_token`, `eos_token`.
  private let tokens: [Variable.Entry]
  private let template: Template

  /// Reads a model's template.
  ///
  /// - Parameters:
  ///   - source: GGUF's `tokenizer.chat_template`, a Jinja template.
  ///   - bosToken: The text of the token before a text, if the model has one.
  ///   - eosToken: The text of the token after a text, if the model has one.
  /// - Throws: ``TokenError`` with code `noChatTemplate` or `unsupportedChatTemplate`.
  public init(
    source: String?, bosToken: String? = nil, eosToken: String? = nil
  ) throws(TokenError) {
    guard let source else {
      throw TokenError(
        .noChatTemplate,
        "chat template: this model has none (expected tokenizer.chat_template). "
          + "Pass raw text instead of messages, or use an instruct model.")
    }
    self.source = source
    tokens = [("bos_token", bosToken), ("eos_token", eosToken)]
      .compactMap { name, token in
        token.map { Variable.Entry(name, .string($0)) }
      }
    do {
      template = try Template(source)
    } catch {
      throw TokenError(
        .unsupportedChatTemplate,
        "chat template: \(error). Pass raw text, written as the model expects it.")
    }
  }

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - messages: The conversation so far.
  ///   - addGenerationPrompt: Whether to open the assistant's next turn.
  ///   - clock: The time that the template can ask for.
  /// - Returns: Text to be encoded with control tokens recognised.
  /// - Throws: ``TokenError`` with code `refusedMessages` for messages that the model's template
  ///   has no place for.
  public func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool, clock: Clock = Clock(seconds: 0)
  ) throws(TokenError) -> String {
    let list = messages.map { message in
      Variable.dict([
        Variable.Entry("role", .string(message.role)),
        Variable.Entry("content", .string(message.content)),
      ])
    }
    do {
      return try render(
        [
          Variable.Entry("messages", .list(list)),
          Variable.Entry("add_generation_prompt", .bool(addGenerationPrompt)),
        ], clock: clock)
    } catch {
      throw TokenError(
        .refusedMessages,
        "messages: this model's chat template refuses them (\(error)). "
          + "Change roles or their order, or pass raw text.")
    }
  }

  /// What the template makes of some variables.
  ///
  /// - Parameters:
  ///   - variables: What the template can ask for, `messages` among it. `tools` and `documents`
  ///     are none unless given, the model's own tokens what they are.
  ///   - clock: The time that the template can ask for.
  /// - Returns: Text to be encoded with control tokens recognised.
  /// - Throws: `JinjaError`, with code `raised` and the template's own words where it refuses.
  public func render(_ variables: [Variable.Entry], clock: Clock) throws -> String {
    let fallbacks = [Variable.Entry("tools", .none), Variable.Entry("documents", .none)] + tokens
    let all = (fallbacks + variables).map { (name: $0.key, value: $0.value) }
    return try template.render(all, clock: clock)
  }

  /// Whether two templates write alike.
  public static func == (left: ChatTemplate, right: ChatTemplate) -> Bool {
    left.source == right.source && left.tokens == right.tokens
  }

  /// Feeds what tells templates apart into a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(source)
    hasher.combine(tokens)
  }
}
