/// What a sweep found, ready to be shown: nothing in it is marked up yet.
public struct ReportDocument: Sendable {
  /// A value of a setting.
  public enum Setting: Sendable, Hashable {
    case number(Double)
    case text(String)

    /// As a person reads it.
    public var label: String {
      switch self {
      case .number(let number): Digits.exact(number)
      case .text(let text): text
      }
    }

    var number: Double? {
      if case .number(let number) = self { return number }
      return nil
    }
  }

  /// A value of a metric at a point, over all prompts.
  public struct Value: Sendable, Equatable {
    /// The aggregate.
    public var value: Double
    /// Its interval, if there is one; ``ReportDocument/intervals`` says of what kind.
    public var interval: ClosedRange<Double>?

    /// Collects the two.
    public init(_ value: Double, interval: ClosedRange<Double>? = nil) {
      self.value = value
      self.interval = interval
    }
  }

  /// A point of the grid.
  public struct Point: Sendable {
    /// The settings, as many as the document's.
    public var settings: [Setting]
    /// The metrics' values, as many as the document's columns; nil where there is none.
    public var values: [Value?]
    /// What was written for each prompt; nil where nothing was.
    public var texts: [String?]
    /// Whether the point was left out because the model was broken before it.
    public var isSkipped: Bool

    /// Collects them.
    public init(
      settings: [Setting], values: [Value?], texts: [String?], isSkipped: Bool = false
    ) {
      self.settings = settings
      self.values = values
      self.texts = texts
      self.isSkipped = isSkipped
    }
  }

  /// A line of two columns.
  public struct Entry: Sendable, Equatable {
    /// What it is about.
    public var name: String
    /// What there is to say.
    public var text: String

    /// Collects the two.
    public init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  /// A table of texts, all rows as long as its head.
  public struct Table: Sendable, Equatable {
    /// The names of the columns.
    public var head: [String]
    /// The rows.
    public var rows: [[String]]

    /// Collects the two.
    public init(head: [String], rows: [[String]]) {
      self.head = head
      self.rows = rows
    }
  }

  /// An effect and those of its controls, for a drawing.
  public struct Comparison: Sendable {
    /// What is measured, with its unit.
    public var name: String
    /// The effect, in that unit.
    public var effect: Double
    /// Where it lies, 95 %.
    public var interval: ClosedRange<Double>
    /// The kinds of controls: name, and the effect of each one.
    public var controls: [(name: String, effects: [Double])]

    /// Collects them.
    public init(
      _ name: String, effect: Double, interval: ClosedRange<Double>,
      controls: [(name: String, effects: [Double])]
    ) {
      self.name = name
      self.effect = effect
      self.interval = interval
      self.controls = controls
    }
  }

  /// The heading.
  public var title: String
  /// What the sweep is about, in a sentence or two; may be empty.
  public var about = ""
  /// Names of the settings.
  public var settings: [String] = []
  /// Names of the metrics' columns.
  public var columns: [String] = []
  /// The column that the sweep is about; the first unless told otherwise.
  public var effect: String?
  /// The column that says what the effect costs, as perplexity; found by its name unless told.
  public var cost: String?
  /// The points, in the order of the grid.
  public var points: [Point] = []
  /// What the values' intervals are.
  public var intervals = "95 % bootstrap intervals over prompts"
  /// The beginnings of the prompts, as a person reads them.
  public var prompts: [String] = []
  /// What was written for each prompt where nothing was tried; empty where that is not known.
  public var baseline: [String] = []
  /// How many prompts are shown with their outputs.
  public var samples = 3
  /// What the effect is compared with, if anything.
  public var controls: Table?
  /// The same as numbers, where they are known.
  public var comparison: Comparison?
  /// What the comparison says, in a line; may be empty.
  public var verdict = ""
  /// What has to be known for doing it again.
  public var manifest: [Entry] = []
  /// What a reader must not miss, as that a hook failed.
  public var warnings: [String] = []

  /// An empty report.
  public init(title: String) { self.title = title }
}
