import Transformer

/// A vector as another tool wrote it, its layers still numbered as that tool does.
struct ForeignVector {
  /// What messages call the file.
  let path: String
  /// `[rows, width]` by the tool's number; −1 for what casthost calls the embedding.
  var directions: [Int: [Float]] = [:]
  var rows = 1
  /// The share of the variance that each direction explains, by the tool's number.
  var explainedVariances: [Int: Double] = [:]
  /// Whose numbers these are, as far as the file tells; nil where only the caller can know.
  var convention: VectorConvention?
  /// Whether that may be written into the passport; not where it is but what casthost does anyway.
  var isRecorded = true
  /// Whether the caller may say which layer it is.
  var takesLayer = false
  /// Whether layers whose direction is zero are left out: steering refuses them.
  var dropsZeros = true
  var passport = Passport()
  /// What is odd about the file, a sentence each.
  var remarks: [String] = []

  init(_ path: String) { self.path = path }

  /// Numbers the layers as casthost does, and says in the passport what was done.
  ///
  /// - Throws: ``SteeringError`` with code `badOption` for a reading that does not fit, and what
  ///   makes no vector.
  func vector(_ reading: VectorReading) throws(SteeringError) -> ControlVector {
    guard let convention = reading.convention ?? convention else {
      throw SteeringError(
        .badOption,
        "\(path): the file does not say how its layers are numbered (expected convention = "
          + "'persona_vectors' or 'hidden_states' where row 0 is the embedding, 'blocks' where it "
          + "is the output of block 0). Name the tool that wrote it.")
    }
    guard reading.layer == nil || takesLayer else {
      throw SteeringError(
        .badOption,
        "\(path): says itself which layers it has (expected a layer only for one direction without "
          + "a number). Leave it out.")
    }
    let place = reading.place ?? .applied
    if reading.place != nil, !convention.isShifted {
      let shifted = VectorConvention.all.filter(\.isShifted).map { "'\($0.name)'" }
      throw SteeringError(
        .badOption,
        "\(path): '\(convention.name)' does not read and apply at different layers, or does not "
          + "say (expected a place only for \(shifted.joined(separator: ", "))). Leave it out.")
    }
    let offset = place == .read ? convention.read ?? convention.applied : convention.applied
    var layers: [LayerIndex: [Float]] = [:]
    var remarks = remarks
    var zeros: [LayerIndex] = []
    for (number, direction) in directions {
      if number == 0, convention == .personaVectors, directions.count > 1 {
        remarks.append(
          "Row 0, the embedding, is left out: persona_vectors has no block to add it to.")
        continue
      }
      guard number + offset >= LayerIndex.embedding.number else {
        throw SteeringError(
          .unknownLayer,
          "\(path): layer \(number) of '\(convention.name)' is before the embedding (expected "
            + "numbers from \(-1 - offset)). Name the tool that wrote the file.")
      }
      layers[LayerIndex(number + offset)] = direction
      if direction.allSatisfy({ $0 == 0 }) { zeros.append(LayerIndex(number + offset)) }
    }
    if dropsZeros, !zeros.isEmpty, zeros.count < layers.count {
      for layer in zeros { layers[layer] = nil }
      remarks.append(
        "Zero, and therefore left out, is the direction of layer \(summary(of: zeros)).")
    }
    var passport = passport
    if isRecorded || reading.convention != nil {
      passport.origin = convention.name
      passport.conversion = convention.conversion(place)
    }
    if !remarks.isEmpty { passport.remarks = remarks }
    for (number, share) in explainedVariances where layers[LayerIndex(number + offset)] != nil {
      passport.explainedVariances = passport.explainedVariances ?? [:]
      passport.explainedVariances?["\(LayerIndex(number + offset))"] = share
    }
    return try ControlVector(layers, rows: rows, passport: passport)
  }

  /// The number in a name such as `direction.3`, `layer_3` or `3`.
  static func number(in name: String) -> Int? {
    let prefixes = ["direction.", "layers.", "layer.", "layer_", ""]
    guard let prefix = prefixes.first(where: { name.hasPrefix($0) }) else { return nil }
    return number(of: name.dropFirst(prefix.count))
  }

  /// A layer's number in digits, below 65,536.
  static func number(of digits: some StringProtocol) -> Int? {
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(digits), (0..<65_536).contains(number)
    else { return nil }
    return number
  }
}
