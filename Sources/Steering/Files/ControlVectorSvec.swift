import Checkpoint
import FoundationEssentials
import JSON
import Transformer

/// Control vectors as IBM's activation-steering writes them, `.svec`: JSON of `model_type`,
/// `directions` by layer and `explained_variances` by layer.
///
/// That tool adds direction L to the *input* of block L, so casthost's layer b is written as b + 1;
/// its loader reads what casthost adds, and ignores the passport.
enum ControlVectorSvec {
  static func encode(_ vector: ControlVector) throws -> [UInt8] {
    let passport = vector.passport
    var directions: [String] = []
    var variances: [String] = []
    for layer in vector.layers {
      let number = layer.number - VectorConvention.cast.applied
      // The shortest decimals that float32 reads back.
      let values = (vector[layer] ?? []).map { "\($0)" }
      directions.append("\"\(number)\": [\(values.joined(separator: ", "))]")
      // The tool's loader wants the member, and writes 1 itself for methods without a variance.
      variances.append("\"\(number)\": \(passport.explainedVariances?["\(layer)"] ?? 1)")
    }
    let text = [
      "\"model_type\": \(try quoted(passport.architecture ?? "unknown"))",
      "\"directions\": {\(directions.joined(separator: ", "))}",
      "\"explained_variances\": {\(variances.joined(separator: ", "))}",
      "\"\(ControlVectorFile.passportKey)\": \(try quoted(ControlVectorFile.text(of: passport)))",
    ]
    return Array("{\(text.joined(separator: ", "))}\n".utf8)
  }

  /// Reads a file; `path` is what messages call it.
  static func read(
    _ value: JSONValue, path: String, _ reading: VectorReading
  ) throws -> ControlVector {
    guard let members = value["directions"]?.object, !members.isEmpty else {
      throw malformed(path, "has no 'directions'")
    }
    guard value["num_heads"] == nil, value["head_dim"] == nil else {
      throw malformed(path, "holds directions of attention heads")
    }
    var foreign = ForeignVector(path)
    foreign.convention = .cast
    var isNested = false
    for (key, value) in members {
      guard let number = ForeignVector.number(of: key), foreign.directions[number] == nil else {
        throw malformed(path, "a key of 'directions' is no layer, or occurs twice")
      }
      var row = value
      if let rows = value.array, rows.count == 1, rows[0].array != nil {
        (row, isNested) = (rows[0], true)
      }
      foreign.directions[number] = try direction(row, number, path)
    }
    if let text = value[ControlVectorFile.passportKey]?.string {
      try reading.checkUnused(path)
      foreign.dropsZeros = false
      let converted = try foreign.vector(reading)
      let passport = try ControlVectorFile.passport(of: text, path)
      return try ControlVector(converted.directions, passport: passport)
    }
    foreign.passport.architecture = value["model_type"]?.string
    for (key, share) in value["explained_variances"]?.object ?? [:] {
      if let number = ForeignVector.number(of: key), let share = share.number, share.isFinite {
        foreign.explainedVariances[number] = share
      }
    }
    if isNested, reading.convention == nil {
      foreign.remarks.append(
        "AISteer360 writes such files for several controls; CAST adds the vector to the input of "
          + "block N, as here, and convention = 'blocks' to its output.")
    }
    return try foreign.vector(reading)
  }

  private static func direction(
    _ value: JSONValue, _ number: Int, _ path: String
  ) throws(SteeringError) -> [Float] {
    guard let elements = value.array, !elements.isEmpty else {
      throw malformed(path, "layer \(number) is no list of numbers")
    }
    var direction: [Float] = []
    direction.reserveCapacity(elements.count)
    for element in elements {
      guard let number = element.number else {
        throw malformed(path, "layer \(number) is no list of numbers")
      }
      direction.append(Float(number))
    }
    return direction
  }

  private static func quoted(_ text: String) throws -> String {
    String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
  }

  private static func malformed(_ path: String, _ what: String) -> SteeringError {
    SteeringError(
      .malformedFile,
      "\(path): \(what) (expected model_type, directions and explained_variances, one list of "
        + "numbers a layer). Write the vector by activation-steering's save.")
  }
}
