/// How a model wants a conversation written down.
///
/// Templates are Jinja programs. Those that amount to ChatML are recognised by their text and
/// rendered here; others are an error.
public struct ChatTemplate: Sendable, Hashable {
  /// What the model is told if the conversation does not begin with a system message.
  private let defaultSystem: String?
  /// Whether the template fails on an empty conversation, and skips roles it does not know.
  private let isStrict: Bool

  /// Recognises a model's template.
  ///
  /// - Parameter source: GGUF's `tokenizer.chat_template`, a Jinja template.
  /// - Throws: ``TokenError`` with code `noChatTemplate` or `unsupportedChatTemplate`.
  public init(source: String?) throws(TokenError) {
    guard let source else {
      throw TokenError(
        .noChatTemplate,
        "chat template: this model has none (expected tokenizer.chat_template). "
          + "Pass raw text instead of messages, or use an instruct model.")
    }
    if let match = ChatTemplate.plainChatML(source) {
      defaultSystem = match.defaultSystem
      isStrict = false
    } else if let system = ChatTemplate.qwenChatML(source) {
      defaultSystem = system
      isStrict = true
    } else {
      throw TokenError(
        .unsupportedChatTemplate,
        "chat template: this model's is not supported yet (expected ChatML as SmolLM2 and "
          + "Qwen2.5 have it). Pass raw text, written as the model expects it.")
    }
  }

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - messages: The conversation so far.
  ///   - addGenerationPrompt: Whether to open the assistant's next turn.
  /// - Returns: Text to be encoded with control tokens recognised.
  /// - Throws: ``TokenError`` with code `unsupportedChatTemplate` for messages that the model's
  ///   template has no place for.
  public func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool
  ) throws(TokenError) -> String {
    if isStrict { try checkStrictly(messages) }
    var text = ""
    if let defaultSystem, let first = messages.first, first.role != "system" {
      text += "<|im_start|>system\n\(defaultSystem)<|im_end|>\n"
    }
    for message in messages {
      text += "<|im_start|>\(message.role)\n\(message.content)<|im_end|>\n"
    }
    if addGenerationPrompt { text += "<|im_start|>assistant\n" }
    return text
  }

  private func checkStrictly(_ messages: [ChatMessage]) throws(TokenError) {
    guard !messages.isEmpty else {
      throw TokenError(
        .unsupportedChatTemplate,
        "messages: none (expected at least one for this model's chat template). "
          + "Add a user message.")
    }
    for message in messages where !["system", "user", "assistant"].contains(message.role) {
      throw TokenError(
        .unsupportedChatTemplate,
        "messages: role '\(message.role)' is not supported yet with this model's chat template "
          + "(expected system, user or assistant). Change the role.")
    }
  }
}

extension ChatTemplate {
  // MARK: Recognising ChatML

  /// One loop over all messages, any role; SmolLM2, Qwen 2 and many others.
  ///
  /// - Returns: Nil if the source is anything else.
  private static func plainChatML(_ source: String) -> (defaultSystem: String?, Void)? {
    let loop = "{% for message in messages %}"
    let system = (
      "{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n",
      "<|im_end|>\n' }}{% endif %}"
    )
    let rest =
      "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
      + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    // In a string of Jinja a newline may also be written as an escape.
    let source = source.replacing("\\n", with: "\n")
    if source == loop + rest { return (nil, ()) }
    guard let text = source.between(loop + system.0, system.1 + rest), text.isPlainLiteral
    else { return nil }
    return (text, ())
  }

  /// Qwen 2.5: as above, with branches for tools, which casthost does not have.
  private static func qwenChatML(_ source: String) -> String? {
    let opening = "{%- if tools %}\n    {{- '<|im_start|>system\\n' }}\n"
    let system = (
      """
      {%- else %}
          {%- if messages[0]['role'] == 'system' %}
              {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
          {%- else %}
              {{- '<|im_start|>system\\n
      """,
      """
      <|im_end|>\\n' }}
          {%- endif %}
      {%- endif %}
      {%- for message in messages %}
          {%- if (message.role == "user") or (message.role == "system" and not loop.first) \
      or (message.role == "assistant" and not message.tool_calls) %}
              {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
          {%- elif message.role == "assistant" %}

      """
    )
    let ending = """
      {%- endfor %}
      {%- if add_generation_prompt %}
          {{- '<|im_start|>assistant\\n' }}
      {%- endif %}
      """
    let trimmed = source.hasSuffix("\n") ? String(source.dropLast()) : source
    guard trimmed.hasPrefix(opening), trimmed.hasSuffix(ending),
      let start = trimmed.ranges(of: system.0).first?.upperBound,
      let end = trimmed[start...].ranges(of: system.1).first?.lowerBound
    else { return nil }
    let text = String(trimmed[start..<end])
    return text.isPlainLiteral ? text : nil
  }
}

extension String {
  /// What stands between a beginning and an end, if the string has both.
  fileprivate func between(_ beginning: String, _ end: String) -> String? {
    guard count >= beginning.count + end.count, hasPrefix(beginning), hasSuffix(end) else {
      return nil
    }
    return String(dropFirst(beginning.count).dropLast(end.count))
  }

  /// Whether a string literal of Jinja says just what it looks like.
  fileprivate var isPlainLiteral: Bool {
    !contains { "'\\{}".contains($0) }
  }
}
