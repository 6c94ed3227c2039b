public import Testing

/// Expects two lists of numbers to be equal within a tolerance, element by element.
///
/// An element passes if `|found − expected| ≤ absolute + relative · |expected|`, or if both are NaN
/// or the same infinity. The first element that fails is named.
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
  guard found.count == expected.count else {
    Issue.record(
      "\(what): \(found.count) elements (expected \(expected.count))",
      sourceLocation: sourceLocation)
    return
  }
  for index in found.indices {
    let (value, reference) = (found[index], expected[index])
    if value == reference || (value.isNaN && reference.isNaN) { continue }
    if abs(value - reference) <= absolute + relative * abs(reference) { continue }
    Issue.record(
      "\(what): element \(index) of \(found.count) is \(value) (expected \(reference))",
      sourceLocation: sourceLocation)
    return
  }
}

/// Expects two numbers to be equal within a tolerance, as the other `expectClose` does.
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
    abs(found - expected) <= absolute + relative * abs(expected)
      || (found.isNaN && expected.isNaN) || found == expected,
    "\(what): \(found) (expected \(expected))", sourceLocation: sourceLocation)
}
