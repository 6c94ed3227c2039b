import Checkpoint
import Steering
import TestSupport
import Transformer

extension Fuzzer {
  /// Control vectors, in GGUF where the file begins so, else in safetensors.
  static let vector = Fuzzer(
    "vector", rounds: 800, seeds: vectors,
    words: [
      "direction.", "direction.1", "layers.3", "casthost.passport", "controlvector.layer_count",
      "casthost.direction.0", "casthost.direction.embedding", "65535", "{\"pairs\":1}", "\"F16\"",
      "\"shape\":[1,4],", "\"data_offsets\":[0,16]",
    ]
  ) { bytes in
    let name = bytes.starts(with: "GGUF".utf8) ? "v.gguf" : "v.safetensors"
    let vector = try read(bytes, name)
    try FuzzFinding.unless(
      vector.directions.values.allSatisfy {
        $0.count == vector.rows * vector.width && $0.allSatisfy(\.isFinite)
      }, "directions that are none")
    // What the writer writes of it is read as it was.
    let whole = "v.safetensors"
    let copy = try read(ControlVectorFile.encode(vector, for: whole).bytes, whole)
    try FuzzFinding.unless(copy == vector, "it is written otherwise")
    guard vector.rows == 1, vector.passport.site != Site.Part.heads.rawValue else { return }
    let other = try read(ControlVectorFile.encode(vector, for: "v.gguf").bytes, "v.gguf")
    try FuzzFinding.unless(other == vector, "it is written otherwise in GGUF")
  }

  /// Data sets: JSON Lines, JSON, CSV.
  static let dataset = Fuzzer(
    "dataset", rounds: 1000,
    seeds: [
      #"""
      {"positive": "a", "negative": "b", "topic": "t", "weight": 2}
      {"positive": "ü\n", "negative": "", "flag": true}
      """#,
      #"""
      [{"question": "Q?", "answer_matching_behavior": " A", "answer_not_matching_behavior": " B"}]
      """#,
      "positive,negative,topic\n\"a, \"\"b\"\"\",c,d\n\"two\nlines\",,\"\"\n", #"["one", "two"]"#,
      "\u{FEFF}[{\"prompt\":\"p\",\"correct\":\"c\",\"incorrect\":\"i\"}]",
    ]
    .map { Array($0.utf8) },
    words: [
      "\"", ",", "\n", "\r\n", "\r", "{", "}", "[", "]", "positive", "negative", "\"\"", "\u{FEFF}",
      "\u{2028}", "NaN", "1e300", "null", "\\ud800", "\"positive\":1,", " ", "\u{0}",
    ]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let sets = ["x.jsonl", "x.csv"]
      .map { path in
        Result { try ContrastSet.parse(text, path: path) }
      }
    for set in sets {
      try FuzzFinding.unless((try? set.get().count) != 0, "a set without pairs")
    }
    let texts = ["x.json", "x.csv", "x.txt"]
      .map { path in
        Result { try ContrastSet.texts(in: text, path: path) }
      }
    // A file is one thing only; any text at all has lines.
    if (try? sets[1].get()) == nil, (try? texts[0].get()) == nil { _ = try sets[0].get() }
  }

  private static func read(_ bytes: [UInt8], _ name: String) throws -> ControlVector {
    try ControlVectorFile.read(FuzzedFile.write(bytes, name, in: folder.get()), called: name)
  }

  private static let folder = Result { try TemporaryFolder() }

  private static let vectors: [[UInt8]] = {
    var passport = Passport()
    passport.method = "mean_difference"
    passport.residualNorms = ["1": 2.5]
    passport.pairs = 3
    let directions: [LayerIndex: [Float]] = [
      .embedding: [1, 2, 3, 4], LayerIndex(0): [0, 0, 0, 1], LayerIndex(1): [-1, 0.5, 1e-3, 8],
    ]
    let one = try? ControlVector(directions, passport: passport)
    let rows = try? ControlVector([LayerIndex(1): [1, 2, 3, 4]], rows: 2)
    return [(one, ".gguf"), (one, ".safetensors"), (rows, ".safetensors")]
      .compactMap { vector, ending in
        vector.flatMap { try? ControlVectorFile.encode($0, for: ending).bytes }
      }
  }()
}
