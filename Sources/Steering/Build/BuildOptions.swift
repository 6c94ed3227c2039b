public import Engine
public import Transformer

/// How a vector is to be built.
public struct BuildOptions {
  /// The method; see ``BuildMethod/all``.
  public var method = "mean_diff"
  /// The layers; nil is every block.
  public var layers: [LayerIndex]?
  /// The buffer that is read.
  public var part = Site.Part.residual
  /// The token that is read.
  public var rule = TokenRule.last
  /// Scale every direction to length 1.
  public var normalize = false
  /// Where the method's random numbers start.
  public var seed: UInt64 = 0
  /// Whether the sides of each pair are exchanged or not as a coin drawn from the seed falls: what
  /// comes out separates nothing but by chance.
  public var shufflesLabels = false
  /// For `iti`: how many heads are kept.
  public var heads = HeadProbes.usual
  /// Computes a layer's direction in place of a named method.
  public var custom: ((BuildMethod.Input) throws -> [Float])?
  /// Sees each layer's direction as the method computed it, and may return another.
  public var hook: ((BuildMethod.Input, [Float]) throws -> [Float]?)?
  /// Texts of neither side, read as the pairs are; for `mean_center` and `cross_covariance`.
  public var reference: [Prompt] = []
  /// What acts on the model while activations are read.
  public var interventions: [any Intervention] = []

  /// Keeps the activations for the next build on the same prompts.
  public var memo: ActivationMemo?
  /// More pairs than this are summed up as they are read, where the method allows it: their rows
  /// are never all there at once.
  var mostKept = 512
  /// Counts the rows that are there at once.
  var ledger: RowLedger?

  /// Mean difference at the last token of every block.
  public init() {}
}

/// Counts rows of activations that are in memory at the same time.
final class RowLedger {
  private(set) var live = 0
  /// The largest number so far.
  private(set) var most = 0

  /// Rows that count until the lease is let go.
  final class Lease {
    private let ledger: RowLedger
    private let rows: Int

    fileprivate init(_ ledger: RowLedger, _ rows: Int) {
      self.ledger = ledger
      self.rows = rows
    }

    deinit { ledger.live -= rows }
  }

  func lease(_ rows: Int) -> Lease {
    live += rows
    most = max(most, live)
    return Lease(self, rows)
  }
}
