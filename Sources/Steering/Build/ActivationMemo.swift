import Engine
import Kernels
import Transformer

/// The activations of one model's last build: another method on the same data reads them again.
public final class ActivationMemo {
  private var key: Key?
  private var rows: [LayerIndex: Tensor] = [:]

  /// Remembers nothing yet.
  public init() {}

  /// Everything that shaped the activations; nil where something unknown may have, such as a
  /// steering, or a token rule that is a function.
  struct Key: Hashable {
    private let prompts: [[Int32]]
    private let part: Site.Part
    private let rule: String

    init?(_ prompts: [[Int32]], _ options: BuildOptions) {
      guard options.interventions.allSatisfy(\.isNeutral) else { return nil }
      switch options.rule {
      case .chosen: return nil
      case .every: return nil  // too many to keep
      case .last, .index, .mean, .prompt, .response: break
      }
      self.prompts = prompts
      part = options.part
      rule = options.rule.name
    }
  }

  /// The activations at some layers, if all of them were kept; for reading only: a build hands out
  /// copies of their halves.
  func rows(for key: Key, at layers: [LayerIndex]) -> [LayerIndex: Tensor]? {
    guard key == self.key, layers.allSatisfy({ rows[$0] != nil }) else { return nil }
    let wanted = Set(layers)
    return rows.filter { wanted.contains($0.key) }
  }

  func keep(_ rows: [LayerIndex: Tensor], for key: Key) {
    self.key = key
    self.rows = rows
  }
}
