/// What `casthost check` has to say about a recipe.
public struct RecipeReport: Sendable, Hashable, Encodable {
  /// The recipe's path, as it was given.
  public var path: String
  /// What it is called.
  public var name: String?
  /// Its own version.
  public var version: String?
  /// What it does.
  public var about: String?
  /// Under which licence it may be shared.
  public var license: String?
  /// The lowest API level that it needs.
  public var api: Int?
  /// The files that were read: the recipe, and the modules that it requires.
  public var files: [String] = []
  /// The options that it declares, sorted by name.
  public var options: [Option] = []
  /// What it will ask for, in the order of the text.
  public var needs: [Need] = []
  /// What is wrong, in the order of the text.
  public var problems: [Problem] = []

  /// Whether nothing in it is an error.
  public var isFine: Bool { !problems.contains { $0.severity == .error } }

  init(path: String) { self.path = path }

  /// An option of the recipe's own.
  public struct Option: Sendable, Hashable, Encodable {
    /// Its name, without dashes.
    public var name: String
    /// What it takes, in words.
    public var kind: String
    /// Its default, as it is written on a command line.
    public var fallback: String
    /// What it is.
    public var about: String

    enum CodingKeys: String, CodingKey {
      case name, kind, about
      case fallback = "default"
    }
  }

  /// Something that the run must allow.
  public struct Need: Sendable, Hashable, Encodable {
    /// The flag that allows it: `--out=DIR`.
    public var flag: String
    /// What the recipe does that asks for it.
    public var reason: String
    /// Whether it depends on values that only a run knows.
    public var isConditional: Bool
    /// The file.
    public var file: String
    /// The line, from 1.
    public var line: Int
  }

  /// Something that is wrong.
  public struct Problem: Sendable, Hashable, Encodable {
    /// Whether the recipe fails there, or may mean something else.
    public var severity: Severity
    /// What kind of problem it is.
    public var kind: Kind
    /// What is wrong and what to do.
    public var message: String
    /// The file.
    public var file: String
    /// The line, from 1; 0 for the file as a whole.
    public var line: Int
  }

  /// How bad a problem is.
  public enum Severity: String, Sendable, Hashable, Encodable { case error, warning }

  /// What kind of problem it is.
  public enum Kind: String, Sendable, Hashable, Encodable {
    /// The file is missing, unreadable or no text.
    case file
    /// Lua does not compile it.
    case syntax
    /// A global variable that nothing declares.
    case global
    /// A name that the host does not have.
    case unknownName
    /// A name that the sandbox took away.
    case removed
    /// A name that will go away.
    case deprecated
    /// The recipe needs another host.
    case api
    /// An option of a function that does not exist, or a value that it does not take.
    case option
    /// An argument of another type, or too few.
    case argument
    /// A call from where it is not allowed.
    case context
    /// A module that cannot be found.
    case module
    /// Something that no flag allows.
    case permission
    /// The check itself could not go on.
    case unchecked
  }
}

extension RecipeReport.Problem: CustomStringConvertible {
  /// `recipe.lua:3: error: what`.
  public var description: String {
    line > 0 ? "\(file):\(line): \(severity): \(message)" : "\(file): \(severity): \(message)"
  }
}
