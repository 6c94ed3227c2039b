import Checkpoint
import JSON
import Kernels

/// The frequencies by which a model rotates queries and keys.
struct RotaryPlan: Sendable, Hashable {
  /// One for each pair, radians a position.
  var frequencies: [Double] = []
  /// Factor on cosines and sines.
  var magnitude = 1.0
  /// The longest context that these frequencies are meant for, where the checkpoint says it.
  var context: Int?

  /// The unscaled frequencies of the rotary position embedding.
  init(base: Double, rotated: Int) {
    frequencies = (0..<rotated / 2)
      .map { 1 / ScalarMath.power(base, Double(2 * $0) / Double(rotated)) }
  }

  /// Reads how a checkpoint scales its frequencies, and does it.
  ///
  /// - Parameters:
  ///   - source: The checkpoint.
  ///   - base: Base of the unscaled frequencies.
  ///   - rotated: Rotated elements of a head.
  ///   - context: Positions that are wanted, for checkpoints that have frequencies for short and
  ///     for long contexts.
  /// - Throws: `CheckpointError`, or ``ModelError`` with code `unsupported` or
  ///   `badHyperparameter`.
  init(_ source: ModelSource, base: Double, rotated: Int, context: Int?) throws {
    self.init(base: base, rotated: rotated)
    switch source.form {
    case .gguf(let checkpoint): try scale(source, checkpoint, context)
    case .huggingFace(let folder): try scale(folder, context)
    }
    guard frequencies.allSatisfy({ $0.isFinite && $0 > 0 }), magnitude.isFinite, magnitude > 0
    else {
      throw ModelError(
        .badHyperparameter,
        "\(source.path): the rotary frequencies are not positive numbers. "
          + "The checkpoint is damaged.")
    }
  }

  // MARK: GGUF

  private mutating func scale(
    _ source: ModelSource, _ checkpoint: GGUF, _ wanted: Int?
  ) throws {
    let key = "\(source.architecture.name).rope.scaling"
    let type = try checkpoint.metadata.optionalString("\(key).type") ?? "none"
    switch type {
    case "none", "longrope": break
    case "linear": divide(by: try source.float("rope.scaling.factor") ?? 1)
    default: throw unsupported(type, source.path)
    }
    try divide(by: checkpoint, "rope_freqs.weight")
    guard let original = try source.int("rope.scaling.original_context_length"),
      checkpoint.contains("rope_factors_long.weight")
    else { return }
    let isLong = (wanted ?? 0) > original
    try divide(
      by: checkpoint, isLong ? "rope_factors_long.weight" : "rope_factors_short.weight")
    magnitude = try source.float("rope.scaling.attn_factor") ?? 1
    if !isLong { context = original }
  }

  private mutating func divide(by checkpoint: GGUF, _ name: String) throws {
    guard let tensor = try checkpoint.optionalTensor(name) else { return }
    try checkCount(tensor.count, checkpoint.path)
    try divide(by: tensor.floats().map(Double.init), checkpoint.path)
  }

  // MARK: Hugging Face

  private mutating func scale(_ folder: HuggingFaceFolder, _ wanted: Int?) throws {
    guard let scaling = folder.config["rope_scaling"] ?? folder.config["rope_parameters"] else {
      return
    }
    func number(_ name: String) throws -> Double? {
      try scaling[name].map { try folder.require($0.number, "rope_scaling.\(name)", "a number") }
    }
    func needed(_ name: String) throws -> Double {
      try folder.require(number(name), "rope_scaling.\(name)", "a number")
    }
    let type = scaling["rope_type"]?.string ?? scaling["type"]?.string ?? "default"
    switch type {
    case "default": break
    case "linear": divide(by: try needed("factor"))
    case "llama3":
      stretchLowFrequencies(
        factor: try needed("factor"), low: try needed("low_freq_factor"),
        high: try needed("high_freq_factor"),
        original: try needed("original_max_position_embeddings"))
    case "longrope", "su":
      func factors(_ name: String) throws -> [Double] {
        try folder.require(scaling[name]?.array, "rope_scaling.\(name)", "a list of numbers")
          .map { try folder.require($0.number, "rope_scaling.\(name)", "a list of numbers") }
      }
      let original = try folder.require(
        folder.config["original_max_position_embeddings"]?.integer
          ?? scaling["original_max_position_embeddings"]?.integer,
        "original_max_position_embeddings", "a whole number")
      let longest = try folder.require(
        folder.config["max_position_embeddings"]?.integer, "max_position_embeddings",
        "a whole number")
      let isLong = (wanted ?? 0) > original
      try divide(by: factors(isLong ? "long_factor" : "short_factor"), folder.path)
      let stretch = Double(longest) / Double(max(original, 2))
      magnitude =
        try number("attention_factor")
        ?? (stretch <= 1
          ? 1
          : (1 + ScalarMath.logarithm(stretch) / ScalarMath.logarithm(Double(max(original, 2))))
            .squareRoot())
      if !isLong, longest > original { context = original }
    default: throw unsupported(type, folder.path)
    }
  }

  /// Divides frequencies of long waves by `factor`, leaves short ones, and goes over in between
  /// (Llama 3.1).
  private mutating func stretchLowFrequencies(
    factor: Double, low: Double, high: Double, original: Double
  ) {
    frequencies = frequencies.map { frequency in
      let turns = original * frequency / (2 * Double.pi)  // in the original context
      if turns < low { return frequency / factor }
      if turns > high { return frequency }
      let share = (turns - low) / (high - low)
      return (1 - share) * frequency / factor + share * frequency
    }
  }

  // MARK: Both

  private mutating func divide(by factor: Double) { frequencies = frequencies.map { $0 / factor } }

  private mutating func divide(by factors: [Double], _ path: String) throws {
    try checkCount(factors.count, path)
    frequencies = zip(frequencies, factors).map { $0 / $1 }
  }

  private func checkCount(_ factors: Int, _ path: String) throws {
    guard factors != frequencies.count else { return }
    throw ModelError(
      .badHyperparameter,
      "\(path): \(factors) rotary factors (expected \(frequencies.count), one for each rotated "
        + "pair). The checkpoint is damaged.")
  }

  private func unsupported(_ type: String, _ path: String) -> ModelError {
    ModelError(
      .unsupported,
      "\(path): rotary scaling '\(type)' is not supported (expected none, linear, llama3 or "
        + "longrope). Use a checkpoint without it.")
  }
}
