import Checkpoint
import Foundation
import TestSupport
import Testing
import Tokens

@Suite("Chat templates")
struct ChatTemplateTests {
  /// A file of `golden/chat-template`: a template and what Jinja makes of it.
  struct Recorded: Decodable {
    struct Case: Decodable {
      let messages: [Message]
      let addGenerationPrompt: Bool
      let rendered: String?
    }
    struct Message: Decodable {
      let role: String
      let content: String
    }
    let template: String
    let cases: [Case]
  }

  static let smolLM2 =
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    + "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by "
    + "Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + "
    + "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    + "{{ '<|im_start|>assistant\n' }}{% endif %}"

  @Test("SmolLM2's template puts its own system message before a conversation without one")
  func smolLM2Template() throws {
    let template = try ChatTemplate(source: ChatTemplateTests.smolLM2)
    let hi = ChatMessage(role: "user", content: "Hi")
    #expect(
      try template.render([hi], addGenerationPrompt: true)
        == "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging "
        + "Face<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    #expect(
      try template.render(
        [ChatMessage(role: "system", content: "Be terse."), hi], addGenerationPrompt: false)
        == "<|im_start|>system\nBe terse.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n")
    #expect(try template.render([], addGenerationPrompt: true) == "<|im_start|>assistant\n")
  }

  @Test(
    "The templates of the real models are recognised",
    .enabled(
      if: RealModel.smolLM2 != nil && RealModel.qwen != nil,
      "needs SmolLM2 and Qwen2.5 in the cache"))
  func realTemplates() throws {
    let key = "tokenizer.chat_template"
    let smolLM2 = try GGUF.open(#require(RealModel.smolLM2)).metadata.optionalString(key)
    let recognised = try ChatTemplate(source: smolLM2)
    #expect(try recognised == ChatTemplate(source: ChatTemplateTests.smolLM2))
    let qwen = try GGUF.open(#require(RealModel.qwen)).metadata.optionalString(key)
    let text = try ChatTemplate(source: qwen)
      .render([ChatMessage(role: "user", content: "Hi")], addGenerationPrompt: false)
    #expect(text.hasPrefix("<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are"))
  }

  @Test("ChatML without a system message of its own adds none")
  func bare() throws {
    let source =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + "
      + "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
      + "{{ '<|im_start|>assistant\\n' }}{% endif %}"
    let template = try ChatTemplate(source: source)
    let text = try template.render(
      [ChatMessage(role: "anyone", content: "Hi")], addGenerationPrompt: false)
    #expect(text == "<|im_start|>anyone\nHi<|im_end|>\n")
  }

  static let recorded: [String] = {
    guard let folder = Shared.folder?.appendingPathComponent("golden/chat-template").path else {
      return []
    }
    return (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
  }()

  @Test(
    "A recorded template is rendered as Jinja renders it, or refused",
    .enabled(if: !recorded.isEmpty, "needs ../shared"), arguments: recorded)
  func golden(_ file: String) throws {
    let recorded = try #require(
      try Golden.json("chat-template/\(file)", as: Recorded.self))
    guard file.hasPrefix("Qwen-Qwen2.5") else {
      let error = #expect(throws: TokenError.self) {
        try ChatTemplate(source: recorded.template)
      }
      #expect(error?.code == .unsupportedChatTemplate)
      #expect(error?.message.contains("not supported yet") == true)
      #expect(error?.message.contains("Pass raw text") == true)
      return
    }
    let template = try ChatTemplate(source: recorded.template)
    #expect(recorded.cases.count == 10)
    for conversation in recorded.cases {
      let messages = conversation.messages.map { ChatMessage(role: $0.role, content: $0.content) }
      #expect(
        try template.render(messages, addGenerationPrompt: conversation.addGenerationPrompt)
          == conversation.rendered)
    }
  }

  @Test("A model without a template is an error")
  func missing() {
    let missing = #expect(throws: TokenError.self) { try ChatTemplate(source: nil) }
    #expect(missing?.code == .noChatTemplate)
    #expect(missing?.message.contains("Pass raw text") == true)
  }

  @Test(
    "A role that Qwen's template does not render, and no messages at all, are errors",
    .enabled(if: RealModel.qwen != nil, "needs Qwen2.5 in the cache"))
  func roles() throws {
    let source = try GGUF.open(#require(RealModel.qwen)).metadata
      .optionalString("tokenizer.chat_template")
    let template = try ChatTemplate(source: source)
    let role = #expect(throws: TokenError.self) {
      try template.render([ChatMessage(role: "tool", content: "")], addGenerationPrompt: true)
    }
    #expect(role?.message.contains("role 'tool' is not supported yet") == true)
    let empty = #expect(throws: TokenError.self) {
      try template.render([], addGenerationPrompt: true)
    }
    #expect(empty?.message.contains("messages: none") == true)
  }

  @Test("A template that differs in one character is refused rather than guessed at")
  func altered() {
    for altered in [
      ChatTemplateTests.smolLM2 + " ",
      ChatTemplateTests.smolLM2.replacing("message['content']", with: "message['content'] | trim"),
      ChatTemplateTests.smolLM2.replacing("named SmolLM", with: "named ' + name + '"),
    ] {
      #expect(throws: TokenError.self) { try ChatTemplate(source: altered) }
    }
  }
}
