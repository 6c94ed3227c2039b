import Engine
import Kernels
import TestSupport
import Testing
import Tokens
import Transformer

@testable import Steering

@Suite("How vectors are built on a model")
struct BuildPathsTests {
  private let session: Session

  init() throws {
    let path = try TinyModel.write(architecture: "llama", in: TemporaryFolder())
    session = Session(try Model(path: path, lanes: Lanes(count: 2)))
  }

  private func pairs(_ count: Int) -> ContrastSet {
    var random = RandomSource(seed: 3)
    return ContrastSet(
      (0..<count)
        .map { _ in
          let shared = (0..<3).map { _ in Int32(random.next() % 200) }
          return ContrastPair(
            positive: .tokens(shared + [Int32(random.next() % 20)]),
            negative: .tokens(shared + [Int32(20 + random.next() % 20)]))
        })
  }

  @Test("the rows that are there at once do not grow with the number of pairs")
  func memory() throws {
    var most: [Int] = []
    for count in [200, 800] {
      var options = BuildOptions()
      options.method = "pca_diff"
      options.layers = [LayerIndex(0)]
      options.mostKept = 64
      let ledger = RowLedger()
      options.ledger = ledger
      _ = try session.buildVector(pairs(count), options)
      #expect(ledger.live == 0)
      most.append(ledger.most)
    }
    #expect(most == [128, 128])
    // A method that needs all rows has them.
    var options = BuildOptions()
    options.method = "logistic"
    options.layers = [LayerIndex(0)]
    options.mostKept = 64
    options.ledger = RowLedger()
    _ = try session.buildVector(pairs(200), options)
    #expect(options.ledger?.most == 400)
  }

  @Test("what was read for one build serves another at some of its layers, and no other")
  func remembered() throws {
    let set = pairs(12)
    var options = BuildOptions()
    options.memo = ActivationMemo()
    options.layers = [LayerIndex(0), LayerIndex(1)]
    _ = try session.buildVector(set, options)
    let work = session.work
    options.layers = [LayerIndex(1)]
    let again = try session.buildVector(set, options)
    #expect(session.work == work)
    options.memo = nil
    #expect(try session.buildVector(set, options)[LayerIndex(1)] == again[LayerIndex(1)])
    #expect(session.work != work)
    // Of the one layer that is kept, the other does not follow.
    options.memo = ActivationMemo()
    _ = try session.buildVector(set, options)
    options.layers = [LayerIndex(0)]
    let other = session.work
    _ = try session.buildVector(set, options)
    #expect(session.work != other)
  }

  @Test(
    "summed up as they are read, pairs give the vector that they give at once",
    arguments: StreamedMethod.all.keys.sorted())
  func streamed(method: String) throws {
    let set = pairs(150)
    var options = BuildOptions()
    options.method = method
    options.seed = 5
    if method == "mean_center" { options.reference = [.tokens([1, 2, 3]), .tokens([4, 5])] }
    let whole = try session.buildVector(set, options)
    options.mostKept = 10
    let streamed = try session.buildVector(set, options)
    for (layer, cosine) in try whole.cosines(streamed) {
      #expect(cosine > 0.99999, "\(method), layer \(layer): \(cosine)")
      let ratio = (streamed.norms[layer] ?? 0) / (whole.norms[layer] ?? 1)
      #expect(abs(ratio - 1) < 1e-4)
      let lengths = try #require(streamed.passport.residualNorms?["\(layer)"])
      #expect(abs(lengths / (whole.passport.residualNorms?["\(layer)"] ?? 0) - 1) < 1e-6)
    }
    #expect(streamed.passport.measuredPairs == 10 && whole.passport.measuredPairs == nil)
  }

  @Test("shuffled labels exchange sides by the seed, whether rows are kept or not")
  func shuffled() throws {
    let set = pairs(40)
    var options = BuildOptions()
    options.shufflesLabels = true
    options.seed = 11
    let shuffled = try session.buildVector(set, options)
    let coins = set.coins(seed: 11)
    #expect(coins.contains(true) && coins.contains(false))
    var plain = BuildOptions()
    let expected = try session.buildVector(set.exchanged(coins), plain)
    plain.mostKept = 4
    options.mostKept = 4
    let streamed = try session.buildVector(set, options)
    for layer in expected.layers {
      #expect(furthest(shuffled[layer] ?? [], expected[layer] ?? []) == 0)
      #expect(furthest(streamed[layer] ?? [], expected[layer] ?? []) < 1e-6)
    }
    #expect(shuffled.passport.labels == "shuffled" && shuffled.passport.seed == 11)
  }

  @Test("prompt and response are the means before and in the answer that messages end with")
  func responses() throws {
    let messages = [
      ChatMessage(role: "user", content: "abc"), ChatMessage(role: "assistant", content: "defg"),
    ]
    let prompt = Prompt.messages(messages)
    let tokens = try session.model.tokens(of: prompt)
    let start = try #require(try session.model.responseStart(of: prompt))
    let asked = try session.model.tokens(of: .messages([messages[0]]))
    #expect(start == asked.count && start < tokens.count)
    #expect(try session.model.responseStart(of: .messages([messages[0]])) == nil)
    let layer = LayerIndex(1)
    func mean(_ range: Range<Int>) throws -> [Float] {
      var sum = Array(repeating: 0.0, count: session.model.sizes.width)
      for position in range {
        let rows = try session.activations([tokens], layers: [layer], at: .index(position))
        let row = RowMath.row(try #require(rows[layer]), 0)
        for index in row.indices { sum[index] += row[index] / Double(range.count) }
      }
      return RowMath.floats(sum)
    }
    for (rule, range) in [(TokenRule.response, start..<tokens.count), (.prompt, 0..<start)] {
      let rows = try session.activations(
        [tokens], layers: [layer], at: rule, responses: [start])
      #expect(furthest(try #require(rows[layer]).values, try mean(range)) < 1e-5)
    }
    #expect(throws: SteeringError.self) {
      try session.activations([[1, 2]], layers: [layer], at: .response)
    }
  }

  @Test("what the heads read, times the output projection, is what attention adds")
  func heads() throws {
    let (layer, tokens): (LayerIndex, [Int32]) = (LayerIndex(1), [5, 6, 7, 8])
    session.checksSharing = true
    let heads = try session.activations([tokens, [5, 6, 9]], layers: [layer], part: .heads)
    let rows = try #require(heads[layer])
    #expect(rows.columns == session.model.sizes.heads * session.model.sizes.headWidth)
    // Silencing every head leaves attention nothing to add.
    let silence = try ControlVector([layer: Array(repeating: 1, count: rows.columns)])
    var options = Steering.Options()
    options.part = .heads
    options.op = .scaleRow
    options.scale = .constant(0)
    let steering = try Steering(silence, options, sizes: session.model.sizes)
    #expect(steering.firstSite == Site(layer, .heads))
    let added = try session.activations(
      [tokens], layers: [layer], part: .attention, interventions: [steering])
    #expect(try #require(added[layer]).values.allSatisfy { $0 == 0 })
    #expect(steering.effect.rows == tokens.count)
  }

  @Test("a vector of heads is applied to heads, and only there")
  func headVector() throws {
    var options = BuildOptions()
    options.method = "iti"
    options.part = .heads
    options.heads = 3
    let vector = try session.buildVector(pairs(30), options)
    #expect(vector.passport.heads?.count == 3 && vector.passport.site == "heads")
    let steering = try Steering(vector, sizes: session.model.sizes)
    let plain = try session.logits([5, 6, 7])
    let steered = try session.logits([5, 6, 7], interventions: [steering])
    #expect(furthest(plain.values, steered.values) > 0 && steering.effect.rows > 0)
    var elsewhere = Steering.Options()
    elsewhere.part = .residual
    #expect(throws: SteeringError.self) {
      try Steering(vector, elsewhere, sizes: session.model.sizes)
    }
    #expect(throws: SteeringError.self) { try ControlVectorFile.encode(vector, for: "a.gguf") }
    let (bytes, _) = try ControlVectorFile.encode(vector, for: "a.safetensors")
    #expect(!bytes.isEmpty)
  }
}
