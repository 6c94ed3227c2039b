import Kernels

/// The buffers of a step, kept between steps.
///
/// Shapes are `[rows, …]`, row-major.
struct Workspace {
  let residual: Tensor  // [rows, width]
  let normed: Tensor  // [rows, width]
  let added: Tensor  // [rows, width]: what attention or feed-forward adds
  let query: Tensor  // [rows, heads * headWidth]
  let key: Tensor  // [rows, kvHeads * headWidth]
  let value: Tensor  // [rows, kvHeads * headWidth]
  let mixed: Tensor  // [rows, heads * headWidth]: what attention read
  let gate: Tensor  // [rows, feedForwardWidth]
  let up: Tensor  // [rows, feedForwardWidth]
  let experts: Experts?

  /// What only models with experts need.
  struct Experts {
    let answers: Tensor  // [rows, experts]: of the router
    let gathered: Tensor  // [rows, width]: what one expert reads
    let produced: Tensor  // [rows, width]
  }

  init(rows: Int, _ sizes: Hyperparameters) {
    residual = Tensor(rows: rows, columns: sizes.width)
    normed = Tensor(rows: rows, columns: sizes.width)
    added = Tensor(rows: rows, columns: sizes.width)
    query = Tensor(rows: rows, columns: sizes.heads * sizes.headWidth)
    key = Tensor(rows: rows, columns: sizes.kvHeads * sizes.headWidth)
    value = Tensor(rows: rows, columns: sizes.kvHeads * sizes.headWidth)
    mixed = Tensor(rows: rows, columns: sizes.heads * sizes.headWidth)
    gate = Tensor(rows: rows, columns: sizes.feedForwardWidth)
    up = Tensor(rows: rows, columns: sizes.feedForwardWidth)
    experts =
      sizes.experts == 0
      ? nil
      : Experts(
        answers: Tensor(rows: rows, columns: sizes.experts),
        gathered: Tensor(rows: rows, columns: sizes.width),
        produced: Tensor(rows: rows, columns: sizes.width))
  }

  var rows: Int { residual.rows }
}
