/// A number of bytes as a person reads it, in powers of 1000: `98 MB`, `1.1 GB`.
public struct ByteCount: Sendable, Hashable, CustomStringConvertible {
  /// The number of bytes.
  public let count: Int

  /// Wraps a number of bytes.
  public init(_ count: Int) {
    self.count = count
  }

  /// Three significant digits at most; whole bytes and kilobytes below a megabyte.
  public var description: String {
    switch count {
    case ..<1000: "\(count) B"
    case ..<999_500: "\((count + 500) / 1000) kB"
    case ..<999_500_000: scaled(by: 1_000_000) + " MB"
    default: scaled(by: 1_000_000_000) + " GB"
    }
  }

  private func scaled(by unit: Int) -> String {
    let tenths = (count + unit / 20) / (unit / 10)
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\((count + unit / 2) / unit)"
  }
}
