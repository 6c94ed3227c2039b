/// Statistics of order.
public enum Ranks {
  /// The rank of each value from 1, equal ones sharing the mean of theirs.
  public static func of(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for index in order[start..<end] { ranks[index] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// The chance that a random positive is above a random negative, ties ½: the area under the ROC
  /// curve by Mann and Whitney's U; ½ where a side is empty.
  public static func auroc(_ positive: [Double], _ negative: [Double]) -> Double {
    guard !positive.isEmpty, !negative.isEmpty else { return 0.5 }
    let sum = of(positive + negative)[..<positive.count].reduce(0, +)
    let count = Double(positive.count)
    return (sum - count * (count + 1) / 2) / (count * Double(negative.count))
  }
}
