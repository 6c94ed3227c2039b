/// Why a vocabulary, a text or a conversation cannot be turned into token ids.
public struct TokenError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of trouble it is.
  public enum Code: String, Sendable {
    /// The vocabulary contradicts itself; the file it came from is damaged.
    case malformedVocabulary
    /// The vocabulary splits text in a way that casthost does not know.
    case unknownPreTokenizer
    /// A pattern that splits text is one that casthost does not run.
    case unsupportedPattern
    /// A `tokenizer.json` is no JSON, or not of the form that one has.
    case malformedTokenizer
    /// A `tokenizer.json` asks for something that casthost does not do.
    case unsupportedTokenizer
    /// The model has no chat template.
    case noChatTemplate
    /// The model's chat template is none that casthost can read.
    case unsupportedChatTemplate
    /// The model's chat template has no place for these messages.
    case refusedMessages
    /// The vocabulary has no token for a byte of the text.
    case unencodable
    /// The text is longer than 2³¹ bytes.
    case textTooLong
    /// A token id outside the vocabulary.
    case unknownToken
  }

  /// What kind of trouble it is.
  public let code: Code
  /// One sentence with the remedy.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
