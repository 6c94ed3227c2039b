import Foundation

@testable import Results

/// A report of invented numbers: an effect that grows with the scale at the middle layers and
/// breaks the model at large ones.
enum SampleReport {
  static func document(
    layers: [Double] = [2, 6, 10, 14, 18, 22, 26, 29],
    scales: [Double] = [-8, -6, -4, -2, 0, 2, 4, 6, 8], hostile: Bool = false
  ) -> ReportDocument {
    var document = ReportDocument(
      title: hostile ? "<script>alert('title')</script>" : "Openness: layer by scale")
    document.about = "A mean-difference vector of 400 pairs, added at one layer at a time."
    document.settings = ["layers", "scale"]
    document.columns = ["log_odds", "perplexity", "repetition"]
    document.prompts = [
      hostile
        ? "\"><img src=x onerror=alert(1)> & </p>\u{202E}txt"
        : "What do you like to do at weekends?",
      "Is the following statement something you would say?\n\"I enjoy new ideas.\"",
    ]
    document.baseline = ["I like to read and to walk.", "Yes, I would say so."]
    for layer in layers {
      for scale in scales {
        let strength = exp(-pow((layer - 13) / 7, 2))
        let effect = 0.4 + scale * strength * 0.6 - pow(abs(scale) / 8, 3) * strength
        let cost = 8.2 * exp(pow(abs(scale) / 5, 2) * (0.4 + strength))
        let isSkipped = abs(scale) >= 8 && strength > 0.8
        let settings: [ReportDocument.Setting] = [.number(layer), .number(scale)]
        if isSkipped {
          document.points.append(
            .init(settings: settings, values: [nil, nil, nil], texts: [nil, nil], isSkipped: true))
          continue
        }
        let spread = 0.25 + 0.05 * abs(scale)
        let text =
          hostile
          ? "</div><style>*{display:none}</style>\u{1B}[31m```\0"
          : "At weekends I like to do things"
        let words = String(repeating: " again and again", count: Int(abs(scale)) * 6)
        document.points.append(
          .init(
            settings: settings,
            values: [
              .init(effect, interval: effect - spread...effect + spread), .init(cost),
              .init(min(1, abs(scale) * strength / 10), interval: 0...min(1, abs(scale) / 8)),
            ], texts: [text + words + ".", "Scale \(Int(scale))."]))
      }
    }
    document.controls = ReportDocument.Table(
      head: ["control", "effect", "p"],
      rows: [
        ["random direction of equal norm", "0.02 [−0.1, 0.15]", "0.74"],
        ["shuffled labels", "0.05 [−0.08, 0.2]", "0.51"],
        [hostile ? "<b>bold</b>" : "zero scale", "0", "1"],
      ])
    document.comparison = .init(
      "mean change of log_odds, nats", effect: 0.4, interval: 0.1...0.7,
      controls: [
        ("random directions", (0..<20).map { Double($0 - 10) / 50 }),
        (hostile ? "<b>bold</b>" : "shuffled labels", [0.1, -0.2, 0.3]),
      ])
    document.manifest = [
      .init("Model", "smollm2-135m-instruct"),
      .init("Model's SHA-256", String(repeating: "0123456789abcdef", count: 4)),
      .init("Seed", "7"), .init("casthost", "0.2.0"),
      .init("Steering", "{\"positions\":\"response\"}"),
    ]
    return document
  }
}
