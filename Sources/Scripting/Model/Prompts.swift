import Engine
import Tokens

extension Argument {
  /// A prompt: a string, a list of messages, or a list of token ids.
  func prompt() throws -> Prompt {
    switch value {
    case .bytes: return .text(try text())
    case .table(let table):
      if let first = table.list.first, case .table = first { return .messages(try messages()) }
      return .tokens(try tokenIDs())
    default: throw mismatch("prompt: a string, a list of messages or a list of token ids")
    }
  }

  /// A list of prompts.
  func prompts() throws -> [Prompt] {
    guard case .table = value else { throw mismatch("list of prompts") }
    let entries = try list()
    guard !entries.isEmpty else { throw bad("at least one prompt expected, got an empty list") }
    return try entries.map { try $0.prompt() }
  }

  /// Messages, `{{role = "user", content = "…"}, …}`.
  func messages() throws -> [ChatMessage] {
    try list()
      .map { entry in
        let fields = try entry.options()
        let message = ChatMessage(
          role: try fields["role"].text(), content: try fields["content"].text())
        try fields.finish()
        return message
      }
  }

  /// Token ids.
  func tokenIDs() throws -> [Int32] {
    try integers(in: 0...Int(Int32.max)).map { Int32($0) }
  }
}

extension LuaValue {
  /// A prompt as a recipe writes it.
  init(_ prompt: Prompt) {
    switch prompt {
    case .text(let text): self = .string(text)
    case .tokens(let ids): self = .list(ids.map { .integer(Int($0)) })
    case .messages(let messages):
      self = .list(
        messages.map { ["role": .string($0.role), "content": .string($0.content)] })
    }
  }
}
