public import Testing

/// Expects two lists of numbers to be equal within a tolerance, element by element.
///
/// The first element that is not close, as `isClose` says, is named.
///
/// - Parameters:
///   - found: What the code under test computed.
///   - expected: The reference.
///   - relative: Allowed difference as a share of the reference.
///   - absolute: Allowed difference near zero.
///   - what: What is compared, for the message.
///   - sourceLocation: Where the expectation stands.
public func expectClose(
  _ found: [Float], _ expected: [Float], relative: Float = 0, absolute: Float = 0,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, "\(what): lengths", sourceLocation: sourceLocation)
  for (index, (value, reference)) in zip(found, expected).enumerated()
  where !isClose(
    Double(value), Double(reference), relative: Double(relative), absolute: Double(absolute))
  {
    Issue.record(
      "\(what): element \(index) is \(value) (expected \(reference))",
      sourceLocation: sourceLocation)
    return
  }
}

/// Expects two numbers to be equal within a tolerance.
///
/// - Parameters:
///   - found: What the code under test computed.
///   - expected: The reference.
///   - relative: Allowed difference as a share of the reference.
///   - absolute: Allowed difference near zero.
///   - what: What is compared, for the message.
///   - sourceLocation: Where the expectation stands.
public func expectClose(
  _ found: Double, _ expected: Double, relative: Double = 0, absolute: Double = 0,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    isClose(found, expected, relative: relative, absolute: absolute),
    "\(what): \(found) (expected \(expected))", sourceLocation: sourceLocation)
}

/// Whether `|found − expected| ≤ absolute + relative · |expected|`.
///
/// An infinity is close to itself only, and NaN to NaN.
///
/// - Parameters:
///   - found: What the code under test computed.
///   - expected: The reference.
///   - relative: Allowed difference as a share of the reference.
///   - absolute: Allowed difference near zero.
/// - Returns: Whether they are.
public func isClose(
  _ found: Double, _ expected: Double, relative: Double = 0, absolute: Double = 0
) -> Bool {
  if found == expected || (found.isNaN && expected.isNaN) { return true }
  return expected.isFinite && abs(found - expected) <= absolute + relative * abs(expected)
}
