/// Why a template cannot be read or rendered.
public struct JinjaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of trouble it is.
  public enum Code: String, Sendable {
    /// The source is no template.
    case syntax
    /// A name, attribute or element that does not exist is needed.
    case undefined
    /// An operation does not fit its values.
    case type
    /// Something that Jinja's sandbox forbids.
    case forbidden
    /// The template itself called `raise_exception`.
    case raised
    /// The template works too long, nests too deeply or writes too much.
    case limit
    /// A part of Jinja that chat templates do not use and this room does not have.
    case unsupported
  }

  /// What kind of trouble it is.
  public let code: Code
  /// One sentence without the place; for `raised` exactly what the template says.
  public let message: String
  /// The template's line, from 1.
  public internal(set) var line: Int?

  init(_ code: Code, _ message: String, line: Int? = nil) {
    self.code = code
    self.message = message
    self.line = line
  }

  /// The message with its place.
  public var description: String {
    line.map { "template, line \($0): \(message)" } ?? "template: \(message)"
  }
}
