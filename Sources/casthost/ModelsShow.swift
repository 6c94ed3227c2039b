import ArgumentParser
import Foundation
import ModelStore

/// `casthost models show`.
struct ModelsShow: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Describes a model: a registered name or a GGUF file.")

  @Argument(help: "A registered name, or the path of a .gguf file.")
  var model = RegisteredModel.standard.name

  @OptionGroup var common: CommonOptions

  func run() throws {
    let file = try ModelStore(environment: Console.environment).locate(model)
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
    var rows = [["path", file.path], ["size", "\(ByteCount(size)) (\(size) bytes)"]]
    rows.append(["sha256", try sha256(of: file)])
    Console.table(rows)
  }
}
