public import JSON

/// A folder in the layout of Hugging Face: `config.json`, and tensors in one or several
/// safetensors files.
public struct HuggingFaceFolder: Sendable {
  /// The folder's path, without a slash at its end.
  public let path: String
  /// `config.json`.
  public let config: JSONValue
  /// Names of the tensors of all files, sorted.
  public let tensorNames: [String]
  /// Names of the files of weights, sorted.
  public let weightFiles: [String]
  /// Bytes of all files of weights.
  public let byteCount: Int
  private let files: [Safetensors]
  private let places: [String: Int]  // tensor → index of its file

  /// Reads the configuration and the headers of the weights; the tensors stay where they are.
  ///
  /// - Throws: ``CheckpointError`` for a file that is missing or malformed, and for a tensor that
  ///   is in two files or in none.
  public static func open(_ path: String) throws(CheckpointError) -> HuggingFaceFolder {
    try HuggingFaceFolder(path)
  }

  private init(_ given: String) throws(CheckpointError) {
    var folder = given
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    path = folder
    config = try JSONValue.read(folder + "/config.json")
    var files: [Safetensors] = []
    var places: [String: Int] = [:]
    let (names, expected) = try HuggingFaceFolder.weightFiles(folder)
    for name in names {
      let file = try Safetensors.open(folder + "/" + name)
      for tensor in file.tensorNames {
        guard places.updateValue(files.count, forKey: tensor) == nil else {
          throw CheckpointError(
            .malformed, "\(folder): tensor \(tensor) is in two files. Fetch the model again.")
        }
      }
      files.append(file)
    }
    if let lost = expected.first(where: { places[$0] == nil }) {
      throw CheckpointError(
        .missingTensor,
        "\(folder): tensor \(lost) of \(HuggingFaceFolder.indexName) is in none of the files. "
          + "Fetch the model again.")
    }
    weightFiles = names
    self.files = files
    self.places = places
    byteCount = files.reduce(0) { $0 + $1.byteCount }
    tensorNames = places.keys.sorted()
  }

  /// Whether a path is such a folder.
  public static func isOne(_ path: String) -> Bool { MappedFile.exists(path + "/config.json") }

  /// A tensor by its name, or nil if no file has it.
  ///
  /// - Throws: ``CheckpointError`` with code `unsupportedFormat`.
  public func optionalTensor(_ name: String) throws(CheckpointError) -> StoredTensor? {
    guard let place = places[name] else { return nil }
    return try files[place].optionalTensor(name)
  }

  /// Whether there is a tensor of a name.
  public func contains(_ name: String) -> Bool { places[name] != nil }

  /// The chat template, a Jinja text, or nil where there is none: `chat_template.jinja`, or the one
  /// in `tokenizer_config.json`, of several the one called `default`.
  ///
  /// - Throws: ``CheckpointError`` for a file that cannot be read.
  public func chatTemplate() throws(CheckpointError) -> String? {
    let file = path + "/chat_template.jinja"
    if MappedFile.exists(file) { return try MappedFile(file).text() }
    let settings = path + "/tokenizer_config.json"
    guard MappedFile.exists(settings) else { return nil }
    let template = try JSONValue.read(settings)["chat_template"]
    if let text = template?.string { return text }
    return template?.array?.first { $0["name"]?.string == "default" }?["template"]?.string
  }

  private static let indexName = "model.safetensors.index.json"

  /// The files that hold the weights, and the tensors that an index promises.
  private static func weightFiles(
    _ folder: String
  ) throws(CheckpointError) -> (files: [String], tensors: [String]) {
    let index = folder + "/" + indexName
    guard MappedFile.exists(index) else { return (["model.safetensors"], []) }
    guard let map = try JSONValue.read(index)["weight_map"]?.object else {
      throw CheckpointError(
        .malformed, "\(index): no weight_map (expected an object). Fetch the model again.")
    }
    var files: Set<String> = []
    for (tensor, value) in map {
      guard let file = value.string, !file.isEmpty, !file.contains("/"), file != "..",
        file.hasSuffix(".safetensors")
      else {
        throw CheckpointError(
          .malformed,
          "\(index): tensor \(tensor) is not in a file of this folder (expected the name of a "
            + ".safetensors file). Fetch the model again.")
      }
      files.insert(file)
    }
    return (files.sorted(), map.keys.sorted())
  }
}
