import Checkpoint
import Engine
import Foundation
import Kernels
import Transformer

/// The weight matrices of a model that are of one format and size.
struct MatrixKind {
  let format: BlockFormat
  let rows: Int
  let columns: Int
  /// The matrices of this kind, as the checkpoint stores them.
  let stored: [StoredTensor]

  var name: String { "\(format.name) \(rows)x\(columns)" }

  /// The kinds of a model, each matrix that a token is multiplied with once.
  ///
  /// The embedding counts where it is the head too; else it is only looked up.
  static func all(of model: Model) throws -> [MatrixKind] {
    let checkpoint = try GGUF.open(model.path)
    let isTied = try checkpoint.optionalTensor("output.weight") == nil
    let tensors = try checkpoint.tensorNames
      .filter { isTied || $0 != "token_embd.weight" }
      .map { try checkpoint.tensor($0) }
      .filter { $0.shape.count == 2 }
    let names = tensors.map { "\($0.format) \($0.shape)" }
    return Dictionary(grouping: zip(names, tensors), by: \.0).sorted { $0.key < $1.key }
      .compactMap { _, members in
        members.first.map { _, first in
          MatrixKind(
            format: first.format, rows: first.shape[0], columns: first.shape[1],
            stored: members.map(\.1))
        }
      }
  }

  /// Packs matrices of this kind, the first again after the last, until they fill `byteCount`.
  func packed(filling byteCount: Int, lanes: Lanes) throws -> [PackedMatrix] {
    var set: [PackedMatrix] = []
    var filled = 0
    let arena = WeightArena()
    while set.isEmpty || filled < byteCount {
      try Task.checkCancellation()
      let weights = try stored[set.count % stored.count].matrix()
      guard let matrix = PackedMatrix(weights, in: arena, lanes: lanes) else {
        throw ModelError(.outOfMemory, "bench: no memory for \(name). Close other programs.")
      }
      filled += matrix.byteCount
      set.append(matrix)
    }
    return set
  }
}

/// Bytes of packed weights that are read for a token: every matrix once.
func weightBytes(of model: Model) throws -> Int {
  try MatrixKind.all(of: model)
    .flatMap(\.stored)
    .reduce(0) { $0 + PackedMatrix.byteCount(of: try $1.matrix()) }
}

/// Measures what lies below a model: memory, and products with its weight matrices.
struct BenchKernels {
  /// Three times a large cache, so that every matrix comes from memory.
  private static let setBytes = 96 << 20
  private static let rowCounts = [1, 2, 4, 16, 128, 512]
  private let model: Model
  private let sampler: BenchSampler
  private let seed: UInt64

  init(_ model: Model, _ sampler: BenchSampler, seed: UInt64) {
    self.model = model
    self.sampler = sampler
    self.seed = seed
  }

  func figures() throws -> [BenchFigure] {
    let memory = BenchMemory()
    var figures = [
      BenchFigure(
        "read_bandwidth", "GB/s", counts: BenchMemory.counts(model.lanes),
        try sampler.samples { try memory.read(on: model.lanes) })
    ]
    for kind in try MatrixKind.all(of: model) { figures += try self.figures(kind) }
    return figures
  }

  private func figures(_ kind: MatrixKind) throws -> [BenchFigure] {
    let set = try kind.packed(filling: Self.setBytes, lanes: model.lanes)
    var random = RandomSource(seed: seed)
    let most = Self.rowCounts.max() ?? 1
    let input = Tensor(rows: most, columns: kind.columns)
    for index in 0..<input.count { input.base[index] = Float(random.uniform() - 0.5) }
    let output = Tensor(rows: most, columns: kind.rows)
    return try Self.rowCounts.map { rows in
      // One row is bound by memory, many by arithmetic.
      let (unit, worth) =
        rows <= 2
        ? ("GB/s", Double(set[0].byteCount))
        : ("GFLOP/s", 2 * Double(rows) * Double(kind.rows) * Double(kind.columns))
      let samples = try sampler.samples {
        let seconds = ProductTiming.seconds(
          of: set, rows: rows, input, to: output, model.arithmetic, model.lanes, for: 0.04)
        return worth / seconds / 1e9
      }
      return BenchFigure(
        "\(kind.name) rows_\(rows)", unit,
        counts: "\(rows <= 2 ? "packed weights read" : "multiply-adds are two"); "
          + "\(kind.stored.count) in the model, \(set.count) in turn", samples)
    }
  }
}
