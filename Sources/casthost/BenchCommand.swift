import ArgumentParser
import Engine
import Foundation
import Kernels

/// `casthost bench`.
struct BenchCommand: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast a model reads, writes and is steered on this machine.",
    discussion: """
      casthost bench --work prefill,decode
      casthost bench --model qwen2.5-coder-0.5b-instruct --threads 2 --json

      Works: 'kernels' reads memory and multiplies each kind of weight matrix, 'prefill' reads \
      prompts, 'decode' writes one token after another, 'batch' writes 16 answers at once and \
      tells what steering costs, 'build' makes a vector from 100 contrast pairs, 'grid' scores \
      items at each layer and nine strengths.

      Each figure is the median of the repeats, with the least, the most and the width of the \
      middle half. Compare ratios of alternating runs, not numbers of different days.
      """)

  @Option(help: "What to measure, joined by commas: \(BenchWork.names). (default: all)")
  var work: String?

  @Option(help: "How often each work is measured; the grid is measured once.")
  var repeats = 5

  @Option(help: "Where synthetic prompts and random vectors start.")
  var seed: UInt64 = 0

  @Option(help: "A file of contrast pairs for 'build' and 'grid'. (default: synthetic prompts)")
  var pairs: String?

  @Option(help: "Items that the grid scores.")
  var items = 50

  @Option(help: "Layers of the grid that are measured, evenly spaced. (default: all)")
  var gridLayers: Int?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...1000).contains(repeats) else {
      throw ValidationError("--repeats must be from 1 to 1000 (found \(repeats)).")
    }
    guard (1...100_000).contains(items) else {
      throw ValidationError("--items must be from 1 to 100000 (found \(items)).")
    }
    if let gridLayers, gridLayers < 1 {
      throw ValidationError("--grid-layers must be at least 1 (found \(gridLayers)).")
    }
    _ = try works()
  }

  func run() throws {
    let begun = ContinuousClock.now
    let model = try model.open()
    let opened = (ContinuousClock.now - begun) / .milliseconds(1)
    let sampler = BenchSampler(repeats: repeats)
    let speech = BenchSpeech(model, sampler, seed: seed)
    var figures: [BenchFigure] = []
    for work in try works() {
      switch work {
      case .kernels: figures += try BenchKernels(model, sampler, seed: seed).figures()
      case .prefill: figures += try speech.prefill()
      case .decode: figures += try speech.decode()
      case .batch: figures += try speech.batch()
      case .build: figures += try steering(model, sampler).build()
      case .grid: figures += try steering(model, sampler).grid(items: items, layers: gridLayers)
      }
    }
    try show(BenchReport(model, openMilliseconds: opened, figures))
  }

  private func steering(_ model: Model, _ sampler: BenchSampler) throws -> BenchSteering {
    BenchSteering(try BenchPairs(model, file: pairs, seed: seed), model, sampler, seed: seed)
  }

  /// The works that were asked for, each once, in the order of the list.
  private func works() throws -> [BenchWork] {
    guard let work else { return BenchWork.allCases }
    let asked = try work.split(separator: ",", omittingEmptySubsequences: false)
      .map { name in
        guard let work = BenchWork(rawValue: String(name)) else {
          throw ValidationError("--work '\(name)' is unknown (expected \(BenchWork.names)).")
        }
        return work
      }
    return BenchWork.allCases.filter { asked.contains($0) }
  }

  private func show(_ report: BenchReport) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      Console.result(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      Console.result(report.title)
      Console.table(report.rows)
    }
  }
}

/// A group of figures that can be asked for.
enum BenchWork: String, CaseIterable {
  case kernels, prefill, decode, batch, build, grid

  /// The names, joined by commas.
  static var names: String { allCases.map(\.rawValue).joined(separator: ",") }
}
