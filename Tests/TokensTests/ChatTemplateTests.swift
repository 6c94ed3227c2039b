import Checkpoint
import Foundation
import Jinja
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
    let bosToken: String
    let eosToken: String
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
    "The templates of the real models write what their makers say",
    .enabled(
      if: RealModel.smolLM2 != nil && RealModel.qwen != nil,
      "needs SmolLM2 and Qwen2.5 in the cache"))
  func realTemplates() throws {
    let key = "tokenizer.chat_template"
    let smolLM2 = try GGUF.open(#require(RealModel.smolLM2)).metadata.optionalString(key)
    let hi = [ChatMessage(role: "user", content: "Hi")]
    #expect(
      try ChatTemplate(source: smolLM2).render(hi, addGenerationPrompt: true)
        == ChatTemplate(source: ChatTemplateTests.smolLM2).render(hi, addGenerationPrompt: true))
    let qwen = try GGUF.open(#require(RealModel.qwen)).metadata.optionalString(key)
    let text = try ChatTemplate(source: qwen).render(hi, addGenerationPrompt: false)
    #expect(text.hasPrefix("<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are"))
  }

  static let recorded: [String] = {
    guard let folder = Shared.folder?.appendingPathComponent("golden/chat-template").path else {
      return []
    }
    return (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
  }()

  /// The day on which they were recorded, for the one template that writes it.
  private let clock = Clock(seconds: 1_795_500_000)

  @Test(
    "A recorded template is rendered byte for byte as Jinja renders it, or refuses as there",
    .enabled(if: !recorded.isEmpty, "needs ../shared"), arguments: recorded)
  func golden(_ file: String) throws {
    let recorded = try #require(
      try Golden.json("chat-template/\(file)", as: Recorded.self))
    let template = try ChatTemplate(
      source: recorded.template, bosToken: recorded.bosToken, eosToken: recorded.eosToken)
    #expect(recorded.cases.count == 10)
    for conversation in recorded.cases {
      let messages = conversation.messages.map { ChatMessage(role: $0.role, content: $0.content) }
      let opens = conversation.addGenerationPrompt
      if let rendered = conversation.rendered {
        #expect(
          try template.render(messages, addGenerationPrompt: opens, clock: clock) == rendered)
      } else {
        let error = #expect(throws: TokenError.self) {
          try template.render(messages, addGenerationPrompt: opens)
        }
        #expect(error?.code == .refusedMessages)
      }
    }
  }

  @Test("A model without a template is an error")
  func missing() {
    let missing = #expect(throws: TokenError.self) { try ChatTemplate(source: nil) }
    #expect(missing?.code == .noChatTemplate)
    #expect(missing?.message.contains("Pass raw text") == true)
  }

  @Test("A template that is none, and one that refuses a conversation, say why and where")
  func refusals() throws {
    let broken = #expect(throws: TokenError.self) { try ChatTemplate(source: "a\n{% for %}") }
    #expect(broken?.code == .unsupportedChatTemplate)
    #expect(broken?.message.hasPrefix("chat template: template, line 2: unexpected '%}'") == true)
    let strict = try ChatTemplate(source: "{{ raise_exception('No ' ~ messages[0].role) }}")
    let refused = #expect(throws: TokenError.self) {
      try strict.render([ChatMessage(role: "critic", content: "")], addGenerationPrompt: true)
    }
    #expect(refused?.code == .refusedMessages)
    #expect(refused?.message.contains("No critic") == true)
  }

  @Test("A template is told the model's tokens, no tools, and the time")
  func variables() throws {
    let source =
      "{{ bos_token }}|{{ eos_token }}|{{ tools is none }}|{{ documents is none }}|"
      + "{{ strftime_now('%Y') }}|{{ add_generation_prompt }}|{{ unk_token is defined }}"
    let told = try ChatTemplate(source: source, bosToken: "<s>")
      .render([], addGenerationPrompt: false, clock: Clock(seconds: 1_785_000_000))
    #expect(told == "<s>||True|True|2026|False|False")
  }
}
