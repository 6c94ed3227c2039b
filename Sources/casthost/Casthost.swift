import ArgumentParser

@main
struct Casthost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "casthost", abstract: "Runs local language models and steers them with recipes.")
}
