import Engine
import Transformer

/// Adds a number to the residual stream at some layers and positions, and says truly or falsely
/// where it begins.
struct Nudge: Intervention {
  var layers: Set<Int>
  var amount: Float
  /// First position; negative ones count from the end of the prompt.
  var from = 0
  /// Position after the last one.
  var until = Int.max
  var part = Site.Part.residual
  /// What it says of itself where that is not the truth.
  var claimedLayer: Int?
  var claimedPosition: Int?
  var remembers = false

  init(_ layers: Set<Int>, _ amount: Float, from: Int = 0) {
    self.layers = layers
    self.amount = amount
    self.from = from
  }

  var treatsPrefixesAlike: Bool { from >= 0 && !remembers }
  var keepsState: Bool { remembers }
  var isNeutral: Bool { amount == 0 }
  var firstSite: Site { Site(LayerIndex(claimedLayer ?? layers.min() ?? -1), part) }

  func firstPosition(in place: SequencePlace) -> Int {
    claimedPosition ?? (from < 0 ? max(0, place.prompt.count + from) : from)
  }

  func hooks(for place: SequencePlace) -> [any ResidualHook] {
    [Hook(self, from < 0 ? max(0, place.prompt.count + from) : from)]
  }

  private final class Hook: ResidualHook {
    let nudge: Nudge
    let first: Int

    init(_ nudge: Nudge, _ first: Int) {
      self.nudge = nudge
      self.first = first
    }

    func wants(_ site: Site) -> Bool {
      site.part == nudge.part && nudge.layers.contains(site.layer.number)
    }

    func visit(_ rows: ResidualRows, at site: Site) {
      for row in 0..<rows.count {
        let position = rows.firstPosition + row
        guard position >= first, position < nudge.until else { continue }
        for column in 0..<rows.width { rows.row(row)[column] += nudge.amount * Float(column % 3) }
      }
    }
  }
}
