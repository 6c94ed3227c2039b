/// Prompts that begin with the same tokens.
struct PromptGroup {
  /// The most prompts of a group: each has a cache of its own while a batch is computed.
  static let largest = 64
  /// 0-based rows of the call.
  var rows: [Int]
  /// Number of first tokens that all of them have, or that the only one need not see.
  var shared: Int

  /// Sorts prompts and groups neighbours; a group grows while it keeps most of what it shares.
  ///
  /// Prompts that can share nothing come last, each alone.
  static func groups(of prompts: [[Int32]], sharable: [Int]) -> [PromptGroup] {
    let limits = prompts.indices.map { max(0, min(sharable[$0], prompts[$0].count - 1)) }
    let order = prompts.indices.sorted { left, right in
      if (limits[left] == 0) != (limits[right] == 0) { return limits[right] == 0 }
      return prompts[left] == prompts[right]
        ? left < right : prompts[left].lexicographicallyPrecedes(prompts[right])
    }
    var groups: [PromptGroup] = []
    for row in order {
      let limit = limits[row]
      if let group = groups.last, let neighbour = group.rows.last {
        let alike = min(limit, group.shared, commonLength(prompts[neighbour], prompts[row]))
        if alike > 0, alike * 4 >= group.shared * 3, group.rows.count < largest {
          groups[groups.count - 1].rows.append(row)
          groups[groups.count - 1].shared = alike
          continue
        }
      }
      groups.append(PromptGroup(rows: [row], shared: limit))
    }
    return groups
  }

  /// Number of first tokens that all prompts have and can share; 0 for one prompt.
  static func commonLength(of groups: [PromptGroup], _ prompts: [[Int32]]) -> Int {
    guard prompts.count > 1, let first = groups.first?.rows.first,
      let last = groups.last?.rows.last
    else { return 0 }
    // Sorted prompts have in common what the first and the last of them have.
    return min(groups.map(\.shared).min() ?? 0, commonLength(prompts[first], prompts[last]))
  }

  /// Number of first tokens that two prompts have in common.
  static func commonLength(_ left: [Int32], _ right: [Int32]) -> Int {
    zip(left, right).prefix { $0 == $1 }.count
  }
}
