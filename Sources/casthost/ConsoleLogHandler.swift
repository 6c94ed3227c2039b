import Logging

/// Writes log records to standard error, a line each: `warning: recipe.lua:3: text`.
struct ConsoleLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    Console.note("\(event.level): \(event.message)")
  }
}
