import Foundation
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Engine

@Suite("Divergence from the unsteered model")
struct DivergenceTests {
  @Test("KL, its maximum and agreement follow from the two sets of logits within 1e-6")
  func definition() throws {
    let session = try TinySession.open()
    let tokens = TinySession.tokens(40, seed: 3)
    let step = MadeIntervention.step(at: 20)
    let base = try session.logits(tokens, rows: .all)
    let moved = try session.logits(tokens, rows: .all, interventions: [step])
    func logProbabilities(_ row: UnsafeMutablePointer<Float>) -> [Double] {
      let values = (0..<base.columns).map { Double(row[$0]) }
      let total = log(values.map { exp($0) }.reduce(0, +))
      return values.map { $0 - total }
    }
    var kl: [Double] = []
    var agreed = 0
    for row in 5..<40 {
      let (p, q) = (logProbabilities(base.row(row)), logProbabilities(moved.row(row)))
      kl.append(zip(p, q).reduce(0.0) { $0 + exp($1.0) * ($1.0 - $1.1) })
      agreed += p.firstIndex(of: p.max() ?? 0) == q.firstIndex(of: q.max() ?? 0) ? 1 : 0
    }
    let found = try session.divergence(tokens, from: 5, interventions: [step])
    #expect(found.tokens == 35)
    #expect(abs(found.kl - kl.reduce(0, +) / 35) < 1e-6)
    #expect(abs(found.largest - (kl.max() ?? 0)) < 1e-6 && found.largest > found.kl)
    #expect(abs(found.agreement - Double(agreed) / 35) < 1e-12)
  }

  @Test("without interventions there is none, and a position that is not there is refused")
  func nothing() throws {
    let session = try TinySession.open()
    let tokens = TinySession.tokens(6, seed: 3)
    let found = try session.divergence(tokens, interventions: [])
    #expect(found.kl == 0 && found.agreement == 1 && found.tokens == 6)
    #expect(throws: ModelError.self) {
      try session.divergence(tokens, from: 6, interventions: [])
    }
  }

  @Test("the lens of the last block's output is the model's own head")
  func lens() throws {
    let session = try TinySession.open()
    let tokens = TinySession.tokens(6, seed: 4)
    let site = Site(LayerIndex(session.model.sizes.layers - 1))
    let seen = KeptRows([site], 5..<6, session.model.sizes)
    try session.observe([tokens], from: [0], with: { _ in [seen] })
    let rows = Tensor(rows: 1, columns: session.model.sizes.width)
    seen.copy(site, 5..<6, to: rows, from: 0)
    let found = session.logitLens(rows)
    let wanted = try session.logits(tokens)
    expectClose(found.values, wanted.values, absolute: 1e-5, "logits")
  }
}
