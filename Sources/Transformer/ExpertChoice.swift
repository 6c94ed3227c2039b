import Kernels

/// Which rows pass through which experts of a feed-forward layer.
struct ExpertChoice {
  /// A row that passes through an expert.
  struct Use {
    let row: Int
    /// Factor on what the expert produces.
    let weight: Float
  }

  /// For each expert the rows that chose it, in ascending order.
  let uses: [[Use]]

  /// Chooses for each row the experts with the greatest answers of the router, the first of equal
  /// ones; their weights are the softmax of all answers, scaled to sum to one where the model says
  /// so.
  ///
  /// - Parameters:
  ///   - answers: Of the router, `[rows, experts]`; become probabilities.
  ///   - rows: Number of rows.
  ///   - sizes: How many are chosen.
  init(_ answers: Tensor, rows: Int, _ sizes: Hyperparameters) {
    Elementwise.softmax(answers.base, rows: rows, width: sizes.experts)
    var uses = [[Use]](repeating: [], count: sizes.experts)
    for row in 0..<rows {
      let shares = answers.row(row)
      var best: [Int] = []
      for _ in 0..<sizes.expertsUsed {
        var next: Int?
        for expert in 0..<sizes.experts where !best.contains(expert) {
          guard let leader = next else {
            next = expert
            continue
          }
          if shares[expert] > shares[leader] { next = expert }
        }
        if let next { best.append(next) }
      }
      let total = sizes.normalisesExpertWeights ? best.reduce(Float(0)) { $0 + shares[$1] } : 1
      for expert in best { uses[expert].append(Use(row: row, weight: shares[expert] / total)) }
    }
    self.uses = uses
  }
}
