public import Kernels
import Transformer

extension Session {
  /// What rows of the residual stream would say if they were the last block's output: final norm,
  /// then head ([nostalgebraist 2020](https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru)).
  ///
  /// - Parameter rows: `[rows, width]`.
  /// - Returns: Logits, `[rows, vocabulary]`.
  public func logitLens(_ rows: Tensor) -> Tensor { decoder.logits(ofResidual: rows) }
}
