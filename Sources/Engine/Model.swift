import Checkpoint
import Jinja
public import Kernels
public import Tokens
public import Transformer

/// A checkpoint that has been opened: weights, tokenizer and chat template.
///
/// Immutable.
public final class Model: Sendable {
  /// What the model is called: its registered name, or its file's.
  public let name: String
  /// The checkpoint's path.
  public let path: String
  /// The sizes of the model.
  public let sizes: Hyperparameters
  /// Text to ids and back.
  public let tokenizer: Tokenizer
  /// The threads that work on this model.
  public let lanes: Lanes
  /// The context that was asked for, if any; of some models it decides the rotation.
  public let context: Int?
  /// Whether BOS goes before a raw text.
  public let addsBOS: Bool
  let weights: Weights
  /// The time that the chat template tells where it writes a date.
  let clock: Clock
  private let template: Result<ChatTemplate, TokenError>

  /// Opens a checkpoint: checks it, builds the tokenizer and packs the weights.
  ///
  /// - Parameters:
  ///   - path: A GGUF file, the first part of one, or a folder in the layout of Hugging Face.
  ///   - name: What to call it; by default the file's name without `.gguf`.
  ///   - arithmetic: How products are computed.
  ///   - context: Positions that are wanted: see `Hyperparameters`.
  ///   - lanes: The threads to work with.
  ///   - startTime: Seconds since 1970 that chat templates tell where they write a date.
  /// - Throws: `CheckpointError`, `ModelError` or `TokenError`, one sentence with the remedy.
  public init(
    path: String, name: String? = nil, arithmetic: Arithmetic = .precise, context: Int? = nil,
    lanes: Lanes, startTime: Int = 0
  ) throws {
    let source = try ModelSource.open(path)
    self.path = path
    self.name = name ?? Model.defaultName(path)
    self.lanes = lanes
    self.context = context
    sizes = try Hyperparameters(source, context: context)
    weights = try Weights(source, sizes, arithmetic: arithmetic, lanes: lanes)
    let templateSource: String?
    switch source.form {
    case .gguf(let checkpoint):
      tokenizer = try Tokenizer(Vocabulary(checkpoint))
      templateSource = try checkpoint.metadata.optionalString("tokenizer.chat_template")
    case .huggingFace(let folder):
      tokenizer = try Tokenizer.open(folder.path)
      templateSource = try folder.chatTemplate()
    }
    template = Model.template(templateSource, tokenizer)
    guard tokenizer.count <= weights.vocabulary else {
      throw ModelError(
        .shapeMismatch,
        "\(path): \(tokenizer.count) tokens in the vocabulary "
          + "(expected at most the \(weights.vocabulary) rows of the embedding). "
          + "The checkpoint is damaged.")
    }
    addsBOS = tokenizer.addsBOS
    clock = Clock(seconds: startTime)
  }

  /// The model's chat template.
  ///
  /// - Throws: `TokenError` if it has none, or one that casthost cannot render.
  public var chatTemplate: ChatTemplate {
    get throws(TokenError) { try template.get() }
  }

  /// How products are computed.
  public var arithmetic: Arithmetic { weights.arithmetic }

  /// Number of tokens that have logits.
  public var vocabularySize: Int { weights.vocabulary }

  private static func template(
    _ source: String?, _ tokenizer: Tokenizer
  ) -> Result<ChatTemplate, TokenError> {
    func text(_ token: Int32?) -> String? {
      token.map { String(decoding: tokenizer.piece($0), as: UTF8.self) }
    }
    do {
      return .success(
        try ChatTemplate(
          source: source, bosToken: text(tokenizer.bos), eosToken: text(tokenizer.eos)))
    } catch {
      return .failure(error)
    }
  }

  private static func defaultName(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.hasSuffix(".gguf") ? String(file.dropLast(5)) : file
  }
}
