/// Rows of one sequence at one site of the forward pass, borrowed for the length of a visit.
public struct ResidualRows {
  /// First element of `[count, width]`, row-major, residual-stream units.
  public let base: UnsafeMutablePointer<Float>
  /// Number of rows.
  public let count: Int
  /// Elements of a row.
  public let width: Int
  /// Position of the first row in its sequence; row r is at `firstPosition + r`.
  public let firstPosition: Int

  /// Describes borrowed rows.
  public init(base: UnsafeMutablePointer<Float>, count: Int, width: Int, firstPosition: Int) {
    self.base = base
    self.count = count
    self.width = width
    self.firstPosition = firstPosition
  }

  /// First element of a row.
  public func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index >= 0 && index < count, "row \(index) of \(count)")
    return base + index * width
  }
}

/// Reads or rewrites the activations of one sequence: recording and steering are both hooks.
///
/// Hooks are arguments of a step, not state of the model: a step without hooks computes what a
/// model without hooks computes. A hook sees only the rows of the sequence that it was passed
/// with, whatever else is in the batch.
public protocol ResidualHook: AnyObject {
  /// Whether ``visit(_:at:)`` is to be called at a site; asked once for every site and step.
  func wants(_ site: Site) -> Bool

  /// Reads or rewrites the rows in place; the pointer is valid until the call returns.
  ///
  /// - Throws: whatever makes the step fail; the sequence's cache is then as before the step.
  func visit(_ rows: ResidualRows, at site: Site) throws
}
