/// Which point of the residual stream is meant: the output of block n, counted from 0, or the
/// embedding before block 0.
///
/// The same number means `hidden_states[n + 1]` in Transformers, `direction.n` as llama.cpp
/// *applies* it, and `blk.n` in a GGUF checkpoint. Block 0 can be named here but not in a
/// llama.cpp control vector.
public struct LayerIndex: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 0-based block number, or −1 for the embedding.
  public let number: Int

  /// The output of block `number`.
  public init(_ number: Int) { self.number = number }

  /// The residual stream that enters block 0.
  public static let embedding = LayerIndex(-1)

  /// Orders layers as the stream passes through them.
  public static func < (left: LayerIndex, right: LayerIndex) -> Bool { left.number < right.number }

  /// The number, or `embedding`.
  public var description: String { number < 0 ? "embedding" : String(number) }
}

/// A place in the forward pass where activations can be read and rewritten.
public struct Site: Hashable, Sendable, CustomStringConvertible {
  /// Which buffer of a block is visited.
  public enum Part: String, Sendable, CaseIterable {
    /// What the heads of attention have read, one after the other, before the output projection:
    /// `heads × headWidth` elements a row.
    case heads
    /// What attention is about to add to the residual stream.
    case attention
    /// The residual stream between attention and feed-forward.
    case residualMid = "residual_mid"
    /// What the feed-forward layer is about to add to the residual stream.
    case mlp
    /// The residual stream after the block; for the embedding, before block 0.
    case residual
  }

  /// The block, or the embedding.
  public let layer: LayerIndex
  /// The buffer.
  public let part: Part

  /// Names a place.
  public init(_ layer: LayerIndex, _ part: Part = .residual) {
    self.layer = layer
    self.part = part
  }

  /// The sites counted in one order without gaps: a hook is asked for each of them at every step.
  public var index: Int { (layer.number + 1) * Part.allCases.count + part.order }

  /// Whether two sites are the same.
  public static func == (left: Site, right: Site) -> Bool { left.index == right.index }

  /// Hashes the index; the part's name would cost more than the steering of a row.
  public func hash(into hasher: inout Hasher) { hasher.combine(index) }

  /// For example `layer 14 (attention)`.
  public var description: String {
    part == .residual ? "layer \(layer)" : "layer \(layer) (\(part.rawValue))"
  }
}

extension Site.Part {
  fileprivate var order: Int {
    switch self {
    case .heads: 0
    case .attention: 1
    case .residualMid: 2
    case .mlp: 3
    case .residual: 4
    }
  }
}

/// Something for each of some sites, found without hashing.
public struct SiteTable<Element> {
  private var elements: [Element?] = []

  /// Has nothing for any site.
  public init() {}

  /// Has what a dictionary has.
  public init(_ elements: [Site: Element]) {
    for (site, element) in elements { self[site] = element }
  }

  /// What belongs to a site.
  public subscript(site: Site) -> Element? {
    get { site.index < elements.count ? elements[site.index] : nil }
    set {
      while elements.count <= site.index { elements.append(nil) }
      elements[site.index] = newValue
    }
  }

  /// Whether there is something for a site.
  public func has(_ site: Site) -> Bool {
    site.index < elements.count && elements[site.index] != nil
  }
}
