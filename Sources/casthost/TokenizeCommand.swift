import ArgumentParser
import Engine
import Tokens

/// `casthost tokenize`.
struct TokenizeCommand: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Shows the tokens of a text: position, id and piece.",
    discussion: """
      casthost tokenize "The capital of France"
      casthost tokenize --chat "How was your day?"   as a chat message
      casthost tokenize --ids "Hello world"          the ids alone

      Positions are those that 'positions' and 'position' in a recipe mean: 0-based, the last \
      also −1.
      """)

  @Argument(help: "The text.")
  var text: String

  @OptionGroup var model: ModelOptions

  @Flag(help: "Apply the model's chat template, with the text as the user's message.")
  var chat = false

  @Flag(help: "Read <|im_start|> and its like as plain text.")
  var plain = false

  @Flag(help: "Print the ids alone, on one line.")
  var ids = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !(chat && plain) else {
      throw ValidationError(
        "--chat and --plain exclude each other: a chat template is made of special tokens.")
    }
  }

  func run() throws {
    let model = try model.open()
    let tokens =
      chat
      ? try model.tokens(of: .messages([ChatMessage(role: "user", content: text)]))
      : try model.tokenizer.encode(text, special: !plain, addBOS: model.addsBOS)
    if tokens.isEmpty { Console.note("The text is empty: it has no tokens.") }
    if ids {
      Console.result(tokens.map { String($0) }.joined(separator: " "))
      return
    }
    Console.table(
      [["position", "id", "piece"]]
        + tokens.enumerated()
        .map { position, id in
          [String(position), String(id), quoted(model.tokenizer.piece(id))]
        })
  }

  /// The bytes of a piece in quotes; what is not printable is written as an escape.
  private func quoted(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text.debugDescription }
    return "\"" + bytes.map { "\\x" + String($0, radix: 16) }.joined() + "\""
  }
}
