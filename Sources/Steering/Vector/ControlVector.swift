import Kernels
public import Transformer

/// A direction of the residual stream for each of several layers.
///
/// Most vectors have one for all tokens. One that acts token by token (ActAdd) has a row for each
/// of the first tokens of a sequence.
public struct ControlVector: Sendable, Hashable {
  /// `[rows, width]` for each layer, residual-stream units.
  public private(set) var directions: [LayerIndex: [Float]]
  /// Elements of a direction.
  public let width: Int
  /// Number of tokens with a direction of their own; 1 for a vector that is the same at all.
  public let rows: Int
  /// How the vector was made.
  public var passport: Passport

  /// Makes a vector from directions of equal width.
  ///
  /// - Throws: ``SteeringError`` with code `widthMismatch`, `notFinite` or `unknownLayer`.
  public init(
    _ directions: [LayerIndex: [Float]], rows: Int = 1, passport: Passport = Passport()
  ) throws(SteeringError) {
    switch ControlVector.width(of: directions, rows: rows) {
    case .success(let width): self.width = width
    case .failure(let fault): throw fault
    }
    self.directions = directions
    self.rows = rows
    self.passport = passport
  }

  // Apart from `init`: Swift 6.3.1 with -O keeps `rows` in the register that says whether `init`
  // threw, where both stand in one function.
  @inline(never)
  private static func width(
    of directions: [LayerIndex: [Float]], rows: Int
  ) -> Result<Int, SteeringError> {
    guard let count = directions.min(by: { $0.key < $1.key })?.value.count, count > 0, rows > 0
    else {
      return .failure(
        SteeringError(
          .unknownLayer, "vector: no directions (expected at least one layer). Give some."))
    }
    for (layer, direction) in directions {
      guard direction.count == count, count % rows == 0 else {
        return .failure(
          SteeringError(
            .widthMismatch,
            "vector: layer \(layer) has \(direction.count) elements (expected \(count), as the "
              + "others). Build all layers from one model."))
      }
      guard direction.allSatisfy(\.isFinite) else {
        return .failure(
          SteeringError(
            .notFinite,
            "vector: layer \(layer) holds a value that is not finite. Check what it was made from.")
        )
      }
    }
    return .success(count / rows)
  }

  /// The layers, in order.
  public var layers: [LayerIndex] { directions.keys.sorted() }

  /// The direction of a layer, if the vector has one.
  public subscript(layer: LayerIndex) -> [Float]? { directions[layer] }

  /// The Euclidean length of each layer's direction, residual-stream units.
  public var norms: [LayerIndex: Double] {
    directions.mapValues { VectorMath.norm($0, $0.count) }
  }

  /// The same vector at some of its layers.
  ///
  /// - Throws: ``SteeringError`` with code `unknownLayer` for a layer that it does not have.
  public func at(_ layers: [LayerIndex]) throws(SteeringError) -> ControlVector {
    var kept: [LayerIndex: [Float]] = [:]
    for layer in layers {
      guard let direction = directions[layer] else {
        throw SteeringError(
          .unknownLayer,
          "layer \(layer): the vector has no direction there (expected one of "
            + "\(summary(of: self.layers))). Choose a layer that it has.")
      }
      kept[layer] = direction
    }
    return try ControlVector(kept, rows: rows, passport: passport)
  }

  /// Changes every direction, element by element.
  func map(_ change: (LayerIndex, [Float]) -> [Float]) -> ControlVector {
    var other = self
    for (layer, direction) in directions { other.directions[layer] = change(layer, direction) }
    return other
  }
}

/// Layers in words, runs joined: `0, 3-7, 12`.
public func summary(of layers: [LayerIndex]) -> String {
  var runs: [(first: LayerIndex, last: LayerIndex)] = []
  for layer in layers.sorted() {
    if let last = runs.last?.last, last.number + 1 == layer.number, last != .embedding {
      runs[runs.count - 1].last = layer
    } else {
      runs.append((layer, layer))
    }
  }
  return runs.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
    .joined(separator: ", ")
}
