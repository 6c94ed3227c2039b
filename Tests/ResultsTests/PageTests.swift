import Foundation
import Testing

@testable import Results

@Suite("Pages of reports")
struct PageTests {
  /// Names of all elements, `/` before those that end one.
  private func elements(_ page: String) -> [String] {
    page.split(separator: "<", omittingEmptySubsequences: false).dropFirst()
      .map { String($0.prefix { $0.isLetter || $0.isNumber || $0 == "/" || $0 == "!" }) }
  }

  @Test("a page has no scripts, no handlers and nothing from elsewhere, whatever the texts are")
  func hostile() {
    let page = HTMLPage(SampleReport.document(hostile: true)).text
    let allowed: Set<String> = [
      "!doctype", "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "h4",
      "p", "dl", "dt", "dd", "div", "section", "figure", "figcaption", "svg", "defs", "pattern",
      "rect", "line", "path", "circle", "text", "ul", "li", "article", "details", "summary",
      "table", "thead", "tbody", "tr", "th", "td",
    ]
    for element in elements(page) {
      #expect(allowed.contains(String(element.trimmingPrefix("/"))), "<\(element)")
    }
    #expect(!page.contains("\u{202E}") && !page.contains("\u{1B}") && !page.contains("\0"))
    #expect(page.contains("&lt;script&gt;alert(&#39;title&#39;)&lt;/script&gt;"))
    #expect(page.contains("&quot;&gt;&lt;img src=x onerror=alert(1)&gt; &amp;"))
    #expect(page.count(of: "<style>") == 1 && page.count(of: "</style>") == 1)
    // Outside of texts, nothing refers to anything but the page's own pattern.
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src=\""))
    #expect(page.count(of: "url(") == 1 && page.contains("url(#hatch)"))
    #expect(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""))
  }

  @Test("every element that is opened is closed, in order")
  func nesting() {
    var open: [String] = []
    let page = HTMLPage(SampleReport.document()).text
    for part in page.split(separator: "<").dropFirst() {
      let name = String(part.prefix { $0.isLetter || $0.isNumber || $0 == "/" })
      let tag = part.prefix { $0 != ">" }
      if name.hasPrefix("/") {
        #expect(open.popLast() == String(name.dropFirst()))
      } else if name != "meta", !tag.hasSuffix("/") {
        open.append(name)
      }
    }
    #expect(open == [])
  }

  @Test("doses that grow by factors lie evenly on both sides of 0, others as they are")
  func doses() {
    let factors = DoseScale([-4, -1, -2, 0, 1, 2, 4, 8, 8])
    #expect(factors.values.map(factors.place) == [-3, -2, -1, 0, 1, 2, 3, 4])
    #expect(factors.ticks(13)?.map(\.value) == [-4, -2, -1, 0, 1, 2, 4, 8])
    #expect(factors.ticks(4)?.map(\.value) == [-4, -1, 1, 4])
    let steps = DoseScale([-8, -6, -4, -2, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    #expect(!steps.isLogarithmic && steps.values.map(steps.place) == steps.values)
    #expect(steps.ticks(13) == nil && DoseScale([-64, 0, 64]).ticks(13)?.count == 3)
    #expect(!DoseScale([-64, -16, 0, 16, 64]).isLogarithmic)
  }

  @Test("what the controls say stands before anything else, once")
  func verdict() throws {
    var document = SampleReport.document()
    document.verdict = "Against its controls it stands out"
    for (page, first) in [(HTMLPage(document).text, "<h2>"), (MarkdownPage(document).text, "## ")] {
      let place = try #require(page.range(of: document.verdict))
      #expect(place.upperBound < (try #require(page.range(of: first))).lowerBound)
      #expect(page.count(of: document.verdict) == 1)
    }
  }

  @Test("a heat map has a cell for each point, and skipped ones are hatched, not numbers")
  func cells() throws {
    let document = SampleReport.document()
    let layout = GridLayout(document)
    #expect(layout.across.map { document.settings[$0] } == "scale")
    #expect(layout.upwards.map { document.settings[$0] } == "layers")
    let svg = try #require(
      HeatMap(document: document, layout: layout, group: layout.groups[0], column: 0).svg)
    let skipped = document.points.count(where: \.isSkipped)
    #expect(skipped > 0)
    #expect(svg.count(of: "class=\"skipped\"") == skipped)
    #expect(svg.count(of: "class=\"heat\"") == document.points.count - skipped)
    #expect(svg.contains("layers 14, scale 6: 3.51"))
    #expect(layout.unsteered(0).map { abs($0 - 0.4) < 1e-12 } == true)
  }

  @Test("curves carry their intervals; of many, six are drawn and the best is among them")
  func curves() throws {
    let document = SampleReport.document(layers: (0..<30).map(Double.init))
    let layout = GridLayout(document)
    let chart = LineChart(document: document, layout: layout, group: layout.groups[0])
    #expect(chart.curves.count == LineChart.mostCurves && chart.curveCount == 30)
    let best = try #require(document.best(among: Array(document.points.indices)))
    #expect(chart.curves.contains { $0.points.contains(best) })
    let response = try #require(chart.response(0))
    #expect(response.count(of: "class=\"band") == 6)
    let tradeOff = try #require(chart.tradeOff(effect: 0, cost: 1))
    #expect(tradeOff.contains(">log_odds<") && tradeOff.contains(">perplexity"))
  }

  @Test("the vector stands beside its controls, a dot for each of them")
  func controls() throws {
    let page = HTMLPage(SampleReport.document()).text
    let start = try #require(page.range(of: "The vector beside its controls"))
    let end = try #require(page.range(of: "</figure>", range: start.upperBound..<page.endIndex))
    let chart = page[start.upperBound..<end.lowerBound]
    #expect(String(chart).count(of: "class=\"dot c1\"") == 20)
    #expect(String(chart).count(of: "class=\"dot c2\"") == 3)
    #expect(chart.contains("20 random directions") && chart.contains("3 shuffled labels"))
    #expect(chart.contains("mean change of log_odds, nats"))
    // 0.4 of an axis from −0.2 to 0.7 with 4 % room on both sides.
    let x = 14 + 372 * (0.4 + 0.236) / 0.972
    #expect(chart.contains("x1=\"\((x * 10).rounded() / 10)\""), "the dashed line is at the effect")
  }

  @Test("further settings get charts of their own, and one setting alone gets curves")
  func groups() {
    var document = SampleReport.document(layers: [1, 2], scales: [0, 1])
    document.settings.append("positions")
    document.points = document.points.flatMap { point in
      ["all", "prompt"]
        .map { name in
          var point = point
          point.settings.append(.text(name))
          return point
        }
    }
    let layout = GridLayout(document)
    #expect(layout.groups.map(\.label) == ["positions all", "positions prompt"])
    #expect(HTMLPage(document).text.contains("log_odds, positions prompt"))
    let alone = SampleReport.document(layers: [3])
    #expect(!HTMLPage(alone).text.contains("Heat maps"))
    #expect(HTMLPage(alone).text.contains("Dose and response"))
    let point = SampleReport.document(layers: [3], scales: [1])
    #expect(HTMLPage(point).text.contains("All points"))
    #expect(HTMLPage(ReportDocument(title: "empty")).text.contains("<h1>empty</h1>"))
  }

  @Test("Markdown shows strangers' texts as they are, in fences that they cannot end")
  func markdown() {
    let text = MarkdownPage(SampleReport.document(hostile: true)).text
    #expect(text.hasPrefix("# &lt;script\\>alert('title')"))
    #expect(text.contains("````text\n</div><style>"))
    #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
    #expect(text.contains("| layer 14") && text.contains("skipped"))
    let widths = text.split(separator: "\n").filter { $0.hasPrefix("| layer ") }.map(\.count)
    #expect(Set(widths.prefix(8)).count == 1)
  }

  @Test("text on a coloured cell stands out, in the light and in the dark scheme")
  func contrast() {
    for colors in [HeatColors.light, HeatColors.dark] {
      for step in 0...40 {
        let color = HeatColors.mix(colors, Double(step) / 20 - 1)
        let ink = color.ink == "#fff" ? 1.0 : 0
        let ratio =
          (max(ink, color.luminance) + 0.05) / (min(ink, color.luminance) + 0.05)
        #expect(ratio >= 4.5, "\(color.hex) \(ratio)")
      }
    }
  }

  @Test("axes have round ticks, and numbers have few digits")
  func axes() {
    #expect(Axis([0, 10]).ticks(5) == [0, 2, 4, 6, 8, 10])
    #expect(Axis([-1, 1]).ticks(4) == [-1, -0.5, 0, 0.5, 1])
    #expect(Axis([1, 1000]).ticks(4) == [1, 10, 100, 1000])
    #expect(Axis([5]).ticks(5).contains(5) && Axis([]).ticks(5).count > 1)
    #expect(Axis([1, 1000]).isLogarithmic && !Axis([0, 1000]).isLogarithmic)
    #expect(Digits.short(-0.000123) == "−0.000123" && Digits.short(12.345) == "12.3")
    #expect(Digits.short(1.5e9) == "1.50e9" && Digits.short(0) == "0")
    #expect(
      Digits.cell(0.00431, largest: 0.588) == "0" && Digits.cell(23.14, largest: 106) == "23.1")
  }
}

extension String {
  fileprivate func count(of part: String) -> Int { ranges(of: part).count }
}
