import Kernels
import Transformer

/// Copies what one sequence's residual stream is at several sites, for a range of positions.
final class KeptRows: ResidualHook {
  /// The positions that are kept.
  let positions: Range<Int>
  private let rows: [Site: Tensor]  // [positions, width] each

  init(_ sites: Set<Site>, _ positions: Range<Int>, _ sizes: Hyperparameters) {
    self.positions = positions
    rows = Dictionary(
      uniqueKeysWithValues: sites.map {
        ($0, Tensor(rows: positions.count, columns: sizes.width(of: $0.part)))
      })
  }

  func wants(_ site: Site) -> Bool { rows[site] != nil }

  func visit(_ seen: ResidualRows, at site: Site) {
    let wanted = positions.clamped(to: seen.firstPosition..<seen.firstPosition + seen.count)
    guard !wanted.isEmpty, let kept = rows[site] else { return }
    kept.row(wanted.lowerBound - positions.lowerBound)
      .update(
        from: seen.row(wanted.lowerBound - seen.firstPosition), count: wanted.count * seen.width)
  }

  /// Copies what is kept of some positions at a site to the rows of a tensor that begin at `first`.
  func copy(_ site: Site, _ wanted: Range<Int>, to target: Tensor, from first: Int) {
    guard !wanted.isEmpty, let kept = rows[site] else { return }
    target.row(first)
      .update(
        from: kept.row(wanted.lowerBound - positions.lowerBound),
        count: wanted.count * kept.columns)
  }

  /// The first site and position, by site, at which other rows of the same places differ.
  func difference(from other: KeptRows) -> (site: Site, position: Int)? {
    let order = rows.keys.sorted { ($0.layer, $0.part.rawValue) < ($1.layer, $1.part.rawValue) }
    for site in order {
      guard let mine = rows[site], let theirs = other.rows[site] else { continue }
      for row in 0..<min(mine.rows, theirs.rows) where !mine.hasSameBits(theirs, row, row) {
        return (site, positions.lowerBound + row)
      }
    }
    return nil
  }
}

extension Tensor {
  /// Whether a row has the same bits as one of another tensor.
  func hasSameBits(_ other: Tensor, _ index: Int, _ otherIndex: Int) -> Bool {
    let (mine, theirs) = (row(index), other.row(otherIndex))
    return (0..<columns).allSatisfy { mine[$0].bitPattern == theirs[$0].bitPattern }
  }
}
