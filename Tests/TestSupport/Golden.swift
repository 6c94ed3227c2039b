public import Foundation
public import Kernels

/// Reference results of independent implementations, recorded here or from the shared material.
public enum Golden {
  /// The path of a file of `Tests/Golden`.
  public static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/" + name).path
  }

  /// The bytes of a file of `Tests/Golden`.
  ///
  /// - Throws: Where the file is missing.
  public static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Decodes a JSON file of `Tests/Golden`.
  ///
  /// - Throws: Where the file is missing or of another form.
  public static func recorded<Value: Decodable>(
    _ name: String, as type: Value.Type
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(try bytes(name)))
  }

  /// Recorded float32 numbers, little-endian.
  public static func floats(_ data: Data) -> [Float] {
    stride(from: 0, to: data.count, by: 4)
      .map { start in
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) }
        return Float(bitPattern: bits)
      }
  }

  /// Recorded float32 numbers as `[rows, width]`.
  public static func tensor(_ data: Data, width: Int) -> Tensor {
    let values = floats(data)
    let tensor = Tensor(rows: values.count / width, columns: width)
    tensor.base.update(from: values, count: values.count)
    return tensor
  }

  /// Decodes a JSON file below `golden/`, or returns nil where the shared material is absent.
  public static func json<Value: Decodable>(_ path: String, as type: Value.Type) throws -> Value? {
    guard let folder = Shared.folder else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = try Data(contentsOf: folder.appendingPathComponent("golden/" + path))
    return try decoder.decode(type, from: data)
  }

  /// `golden/forward/<model>.json`: Transformers on the real checkpoints, float32.
  public struct Forward: Decodable {
    /// One prompt.
    public struct Case: Decodable {
      /// The prompt.
      public let text: String
      /// Its token ids.
      public let ids: [Int32]
      /// The likeliest next tokens, best first.
      public let topIds: [Int]
      /// Logits of `topIds`.
      public let topLogits: [Float]
      /// Log of the sum of the exponentials of all logits.
      public let logsumexp: Double
      /// Log-probability of every token but the first, nats.
      public let tokenLogprobs: [Float]
      /// By block number, what enters that block.
      public let residualLastToken: [String: Row]
    }
    /// The residual stream of the last token entering a block.
    public struct Row: Decodable {
      /// Euclidean length.
      public let norm: Double
      /// The first eight elements.
      public let first8: [Float]
    }
    /// The prompts and their results.
    public let cases: [Case]
  }

  /// `golden/steer/smollm2-openness.json`: Transformers with forward hooks.
  public struct Steer: Decodable {
    /// A contrast pair's ids.
    public struct Pair: Decodable {
      /// Ids of the positive prompt.
      public let positiveIds: [Int32]
      /// Ids of the negative prompt.
      public let negativeIds: [Int32]
    }
    /// A held-out prompt.
    public struct Case: Decodable {
      /// The prompt.
      public let prompt: String
      /// Its token ids.
      public let ids: [Int32]
      /// Answers without steering.
      public let base: Answers
      /// Answers under every setting.
      public let steered: [Setting]
    }
    /// Log-probabilities of the two answers.
    public struct Answers: Decodable {
      /// Log-probability of `Yes`, nats.
      public let logprobYes: Float
      /// Log-probability of `No`, nats.
      public let logprobNo: Float
    }
    /// One steering setting and what it did.
    public struct Setting: Decodable {
      /// The block whose output is steered.
      public let layer: Int
      /// Factor of the vector; nil where the operator takes none.
      public let strength: Float?
      /// `all` or the last prompt token.
      public let positions: String
      /// `add`, `add_keep_norm` or `ablate`.
      public let `operator`: String
      /// Log-probability of `Yes`, nats.
      public let logprobYes: Float
      /// Log-probability of `No`, nats.
      public let logprobNo: Float
      /// Divergence of the next token from the unsteered one, nats.
      public let klFromBase: Double
    }
    /// Ids of the two answers.
    public struct AnswerIDs: Decodable {
      /// The id of `Yes`.
      public let yes: Int32
      /// The id of `No`.
      public let no: Int32
      enum CodingKeys: String, CodingKey {
        case yes = "Yes"
        case no = "No"
      }
    }
    /// The first contrast pair.
    public let pair0: Pair
    /// Mean length of the residual stream, by block.
    public let meanNormByLayer: [Double]
    /// Ids of the two answers.
    public let answerIds: AnswerIDs
    /// The prompts and their results.
    public let cases: [Case]
  }
}
