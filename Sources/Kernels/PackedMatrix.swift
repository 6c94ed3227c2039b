import CKernels

/// Memory that packed weights are cut from, in the order in which they are read.
///
/// Small matrices share huge pages, which makes reading them faster.
public final class WeightArena {
  private let arena: OpaquePointer?

  /// Makes an arena; memory is taken as weights are packed.
  public init() { arena = ck_arena_create() }

  deinit { ck_arena_destroy(arena) }

  func cut(_ bytes: Int) -> UnsafeMutableRawPointer? {
    arena.flatMap { ck_arena_cut($0, bytes) }
  }
}

// Safety: written once while packing, read-only afterwards; the arena is only kept alive.
/// A weight matrix in the order in which the kernels read it.
public final class PackedMatrix: @unchecked Sendable {
  /// Number of outputs.
  public let rows: Int
  /// Number of inputs.
  public let columns: Int
  /// How the elements are encoded.
  public let format: BlockFormat
  /// Bytes of the packed weights: at most 1.3 times those of the checkpoint, for whole bands of 32
  /// outputs.
  public let byteCount: Int
  private let arena: WeightArena
  private let bytes: UnsafeMutableRawPointer

  /// Packs a matrix, whose stored bytes are not needed afterwards; nil if the system has no memory
  /// for it.
  ///
  /// - Parameters:
  ///   - matrix: The weights as stored.
  ///   - arena: Where the packed ones go.
  ///   - lanes: The threads to use.
  ///   - whenRead: Called with ranges of the source's bytes that are not needed any more, so that a
  ///     large matrix need not be in memory twice.
  public init?(
    _ matrix: WeightMatrix, in arena: WeightArena, lanes: Lanes,
    whenRead: (Range<Int>) -> Void = { _ in }
  ) {
    rows = matrix.rows
    columns = matrix.columns
    format = matrix.format
    byteCount = PackedMatrix.byteCount(of: matrix)
    precondition(byteCount > 0, "\(rows) by \(columns) elements of \(format.name) are no matrix")
    self.arena = arena
    guard let memory = arena.cut(byteCount) else { return nil }
    bytes = memory
    let rowBytes = format.byteCount(columns)
    // Whole bands of outputs, some megabytes at a time.
    let bands = max(1, PackedMatrix.sliceBytes / (PackedMatrix.bandRows * rowBytes))
    let slice = bands * PackedMatrix.bandRows
    for first in stride(from: 0, to: rows, by: slice) {
      let count = min(slice, rows - first)
      let source = first * rowBytes..<(first + count) * rowBytes
      ck_pack(
        lanes.pool, Int32(format.rawValue), count, columns, matrix.bytes + source.lowerBound,
        bytes + ck_packed_bytes(Int32(format.rawValue), first, columns))
      whenRead(source)
    }
  }

  /// Bytes that a matrix takes when it is packed.
  public static func byteCount(of matrix: WeightMatrix) -> Int {
    byteCount(matrix.format, rows: matrix.rows, columns: matrix.columns)
  }

  /// Bytes that a matrix of that format takes when it is packed; 0 for sizes that no matrix has.
  public static func byteCount(_ format: BlockFormat, rows: Int, columns: Int) -> Int {
    rows < 0 || columns < 0 ? 0 : ck_packed_bytes(Int32(format.rawValue), rows, columns)
  }

  private static let sliceBytes = 8 << 20
  private static let bandRows = Int(CK_BAND)

  /// A product under way: a matrix, and where `[count, rows]` go.
  public typealias Product = (matrix: PackedMatrix, output: UnsafeMutablePointer<Float>)

  /// Computes `y[m, rows] = x[m, columns] · Wᵀ` for matrices that read the same rows.
  ///
  /// Every output is one sum over the inputs in ascending order, whatever the number of rows, so a
  /// row has the same bits alone and in a batch: those of
  /// ``Reference/multiply(_:_:count:into:arithmetic:)``.
  ///
  /// - Parameters:
  ///   - input: `[count, columns]`, row-major.
  ///   - count: Number of input rows.
  ///   - products: The matrices, all with the same number of inputs, and their outputs
  ///     `[count, rows]`, row-major; none may overlap another or `input`.
  ///   - arithmetic: How products are computed.
  ///   - rounded: Where activations that are rounded are kept meanwhile.
  ///   - lanes: The threads to use.
  public static func multiply(
    _ input: UnsafePointer<Float>, count: Int, by products: [Product],
    arithmetic: Arithmetic, rounded: RoundedRows, lanes: Lanes
  ) {
    precondition(count >= 0, "\(count) rows")
    guard let columns = products.first?.matrix.columns else { return }
    precondition(products.allSatisfy { $0.matrix.columns == columns }, "inputs that differ")
    let scratch = rounded.reserve(ck_scratch_bytes(arithmetic.number, count, columns))
    withUnsafeTemporaryAllocation(of: ck_matrix.self, capacity: products.count) { matrices in
      withUnsafeTemporaryAllocation(of: ck_target.self, capacity: products.count) { targets in
        for (index, product) in products.enumerated() {
          matrices[index] = product.matrix.described
          targets[index] = ck_target(
            matrix: matrices.baseAddress.map { UnsafePointer($0 + index) },
            output: product.output, output_stride: product.matrix.rows)
        }
        ck_multiply(
          lanes.pool, arithmetic.number, count, input, columns, targets.baseAddress,
          products.count, scratch)
      }
    }
  }

  private var described: ck_matrix {
    ck_matrix(
      format: ck_packed_format(Int32(format.rawValue)), outputs: Int32(rows),
      inputs: Int32(columns),
      bytes: UnsafePointer(bytes.assumingMemoryBound(to: UInt8.self)))
  }
}
