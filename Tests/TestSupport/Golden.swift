public import Foundation

/// Reference results of independent implementations, from the shared material.
public enum Golden {
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
      public let text: String
      public let ids: [Int32]
      public let topIds: [Int]
      public let topLogits: [Float]
      public let logsumexp: Double
      public let tokenLogprobs: [Float]
      public let residualLastToken: [String: Row]
    }
    /// The residual stream of the last token entering a block.
    public struct Row: Decodable {
      public let norm: Double
      public let first8: [Float]
    }
    public let cases: [Case]
  }

  /// `golden/steer/smollm2-openness.json`: Transformers with forward hooks.
  public struct Steer: Decodable {
    /// A contrast pair's ids.
    public struct Pair: Decodable {
      public let positiveIds: [Int32]
      public let negativeIds: [Int32]
    }
    /// A held-out prompt.
    public struct Case: Decodable {
      public let prompt: String
      public let ids: [Int32]
      public let base: Answers
      public let steered: [Setting]
    }
    /// Log-probabilities of the two answers.
    public struct Answers: Decodable {
      public let logprobYes: Float
      public let logprobNo: Float
    }
    /// One steering setting and what it did.
    public struct Setting: Decodable {
      public let layer: Int
      public let strength: Float?
      public let positions: String
      public let `operator`: String
      public let logprobYes: Float
      public let logprobNo: Float
      public let klFromBase: Double
    }
    /// Ids of the two answers.
    public struct AnswerIDs: Decodable {
      public let yes: Int32
      public let no: Int32
      enum CodingKeys: String, CodingKey {
        case yes = "Yes"
        case no = "No"
      }
    }
    public let pair0: Pair
    public let meanNormByLayer: [Double]
    public let answerIds: AnswerIDs
    public let cases: [Case]
  }
}
