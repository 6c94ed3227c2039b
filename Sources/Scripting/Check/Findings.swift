/// What the files of a recipe have shown so far; shared by all of them.
final class Findings {
  private(set) var problems: [RecipeReport.Problem] = []
  private(set) var needs: [RecipeReport.Need] = []
  var recipe = RecipeInfo()
  var options: [RecipeReport.Option] = []
  /// Global variables that are assigned outside of functions, or as fields of `_G`.
  var globalsDeclared: Set<String> = []
  /// Where global variables are assigned in functions only, the first place of each.
  var globalsAssigned: [String: (file: String, line: Int, hint: String)] = [:]
  /// Where global variables are assigned outside of functions, the first place of each.
  var globalsAtTop: [String: (file: String, line: Int)] = [:]
  /// Global variables that are read and not the host's, the first place of each.
  var globalsRead: [String: (file: String, line: Int, hint: String)] = [:]
  /// Fields that the recipe adds to tables which are not its own: `string.trim`.
  var fieldsAdded: Set<String> = []

  /// Most errors that are told, and most warnings.
  static let most = 200
  private var counts: [RecipeReport.Severity: Int] = [:]

  /// Whether there is no room for further problems: warnings take no room from errors.
  func isFull(_ severity: RecipeReport.Severity = .error) -> Bool {
    counts[severity, default: 0] >= Findings.most
  }

  func add(
    _ severity: RecipeReport.Severity, _ kind: RecipeReport.Kind, _ message: String, file: String,
    line: Int
  ) {
    let problem = RecipeReport.Problem(
      severity: severity, kind: kind, message: Findings.oneLine(message), file: file, line: line)
    guard !isFull(severity), !problems.contains(problem) else { return }
    problems.append(problem)
    counts[severity, default: 0] += 1
  }

  func add(need: RecipeReport.Need) {
    var need = need
    need.flag = Findings.oneLine(need.flag)
    need.reason = Findings.oneLine(need.reason)
    let isKnown = needs.contains { $0.flag == need.flag && $0.isConditional == need.isConditional }
    if !isKnown, needs.count < Findings.most { needs.append(need) }
  }

  /// Without control characters: parts of it may be a stranger's.
  private static func oneLine(_ text: String) -> String {
    LuaMachine.escaped(text).replacing("\n", with: "\\n").replacing("\t", with: "\\t")
  }

  /// Decides about the global variables when all files are known.
  func checkGlobals(_ names: SandboxNames) {
    for (name, place) in globalsAtTop.sorted(by: { $0.key < $1.key }) {
      add(
        .warning, .global, "'\(name)' is a global variable: 'local \(name)' keeps it to this file",
        file: place.file, line: place.line)
    }
    for (name, place) in globalsAssigned.sorted(by: { $0.key < $1.key })
    where !globalsDeclared.contains(name) {
      add(
        .error, .global,
        "undeclared variable '\(name)' is assigned\(place.hint): write 'local \(name)', or give it "
          + "a first value outside of functions", file: place.file, line: place.line)
    }
    for (name, place) in globalsRead.sorted(by: { $0.key < $1.key })
    where !globalsDeclared.contains(name) && globalsAssigned[name] == nil && !isFull() {
      let complaint = names.complaint(name) ?? "undefined variable '\(name)'"
      let isRemoved = names.isRemoved(name)
      // A local variable that is spelt almost like it is the likelier reason.
      let message = place.hint.isEmpty ? complaint : "undefined variable '\(name)'\(place.hint)"
      add(
        .error, isRemoved ? .removed : .global, isRemoved ? complaint : message,
        file: place.file, line: place.line)
    }
  }

  /// The problems by file and line, files in the order in which they were read.
  func sorted(_ files: [String]) -> [RecipeReport.Problem] {
    let order = Dictionary(
      files.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var sorted = problems.enumerated()
      .sorted { left, right in
        let (a, b) = (left.element, right.element)
        let (i, j) = (order[a.file] ?? .max, order[b.file] ?? .max)
        return (i, a.line, left.offset) < (j, b.line, right.offset)
      }
      .map(\.element)
    if isFull() || isFull(.warning), let last = sorted.last {
      sorted.append(
        RecipeReport.Problem(
          severity: .warning, kind: .unchecked,
          message: "there are more problems than the \(Findings.most) that are told",
          file: last.file,
          line: 0))
    }
    return sorted
  }
}
