import Kernels
import TestSupport
import Testing

@Suite struct ElementwiseTests {
  private let widths = [1, 7, 8, 9, 16, 23, 64, 576, 1000]

  @Test("The RMS norm is the float64 one within 1e-6")
  func rmsNorm() {
    for width in widths {
      let (x, weight, _) = row(width)
      var found = [Float](repeating: 0, count: width)
      Elementwise.rmsNorm(x, rows: 1, width: width, weight: weight, epsilon: 1e-5, into: &found)
      let expected = Reference.rmsNorm(x, weight: weight, epsilon: 1e-5)
      expectClose(found, expected.map { Float($0) }, relative: 1e-6, absolute: 1e-9, "\(width)")
    }
  }

  @Test("The layer norm is the float64 one within 2e-6 of the largest element")
  func layerNorm() {
    for width in widths {
      let (x, weight, bias) = row(width)
      var found = [Float](repeating: 0, count: width)
      Elementwise.layerNorm(
        x, rows: 1, width: width, weight: weight, bias: bias, epsilon: 1e-5, into: &found)
      let expected = Reference.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5)
      expectClose(found, expected.map { Float($0) }, absolute: 1e-5, "\(width)")
    }
  }

  @Test(
    "Activations are the float64 ones within 4e-7 of |x|",
    arguments: [Elementwise.Gate.silu, .geluTanh, .gelu])
  func activations(kind: Elementwise.Gate) {
    let x = Array(stride(from: Float(-30), through: 30, by: 0.0137)) + [0, -0.0, 1e-20, -1e-20]
    var found = x
    Elementwise.activate(kind, &found, count: x.count)
    for (value, result) in zip(x, found) {
      let expected = Reference.activation(kind, Double(value))
      #expect(abs(Double(result) - expected) <= 4e-7 * abs(Double(value)), "\(kind) of \(value)")
    }
  }

  @Test("Activations go to their limits at the ends of the line and keep NaN")
  func activationLimits() {
    for kind in [Elementwise.Gate.silu, .geluTanh, .gelu] {
      var x: [Float] = [1e30, -1e30, .nan, 200, -200]
      Elementwise.activate(kind, &x, count: x.count)
      #expect(x[0] == 1e30 && abs(x[1]) == 0 && x[2].isNaN && x[3] == 200 && abs(x[4]) < 1e-30)
    }
  }

  @Test("A gate multiplies the activation with the other branch")
  func gate() {
    for count in widths {
      let (x, up, _) = row(count)
      var activated = x
      Elementwise.activate(.silu, &activated, count: count)
      var gated = x
      Elementwise.gate(.silu, &gated, with: up, count: count)
      #expect(gated == zip(activated, up).map { $0 * $1 })
    }
  }

  @Test("Soft-capping is the float64 tangent within 4e-7 relative")
  func softCap() {
    let x = Array(stride(from: Float(-300), through: 300, by: 0.171)) + [0, 1e-6, -1e-6]
    var found = x
    Elementwise.softCap(&found, count: x.count, cap: 30)
    for (value, result) in zip(x, found) {
      let expected = Reference.softCap(Double(value), cap: 30)
      #expect(abs(Double(result) - expected) <= 4e-7 * abs(expected), "cap of \(value)")
    }
  }

  @Test("Softmax and log-sum-exp are the float64 ones within the rounding of x - max(x)")
  func softmax() {
    for width in widths {
      var x = row(width).0.map { $0 * 20 }
      if width > 3 { x[2] = -.infinity }
      let total = Elementwise.logSumExp(x, count: width)
      #expect(abs(total - Reference.logSumExp(x)) < 1e-6 * max(1, abs(total)))
      let expected = Reference.softmax(x)
      var found = x
      Elementwise.softmax(&found, rows: 1, width: width)
      let top = x.max() ?? 0
      for (index, probability) in found.enumerated() {
        let distance = index == 2 && width > 3 ? 0 : Double(top - x[index])
        expectClose(
          Double(probability), expected[index], relative: 6e-8 * (8 + distance), absolute: 1e-30,
          "\(index) of \(width)")
      }
      if width > 3 { #expect(found[2] == 0) }
    }
    #expect(Elementwise.logSumExp([], count: 0) == -.infinity)
  }

  @Test("The greatest element is found, the first of several, NaN and infinities or not")
  func largest() {
    for width in widths where width > 0 {
      for place in Set([0, width / 3, width / 2, width - 1]) {
        var x = row(width).0
        x[place] = 40
        x[width - 1] = 40
        if width > 2, place != 1, place != width - 1 { x[1] = .nan }
        let expected = x.firstIndex(of: x.filter { !$0.isNaN }.max() ?? 0)
        #expect(Elementwise.indexOfLargest(x, count: width) == expected, "\(place) of \(width)")
        if place > 0 { x[place - 1] = .infinity }
        if place > 0 { #expect(Elementwise.indexOfLargest(x, count: width) == place - 1) }
      }
      let lowest = [Float](repeating: -.infinity, count: width)
      #expect(Elementwise.indexOfLargest(lowest, count: width) == 0)
      let none = [Float](repeating: .nan, count: width)
      #expect(Elementwise.indexOfLargest(none, count: width) == 0)
    }
    #expect(Elementwise.indexOfLargest([], count: 0) == 0)
  }

  @Test("Sums, factors and row sums are the obvious ones")
  func simple() {
    for width in widths {
      let (x, y, _) = row(width)
      var sum = x + y
      Elementwise.addRow(y, rows: 2, width: width, to: &sum)
      #expect(sum == zip(x + y, y + y).map { $0 + $1 })
      var added = x
      Elementwise.add(y, count: width, to: &added)
      #expect(added == zip(x, y).map { $0 + $1 })
      Elementwise.scale(&added, count: width, by: 3)
      #expect(added == zip(x, y).map { ($0 + $1) * 3 })
    }
  }

  @Test("Portable kernels and any number of threads give the same bits")
  func invariance() {
    let lanes = Lanes(count: 3)
    let width = 203
    let rows = 400
    var generator = SeededGenerator(seed: 5)
    let x = generator.floats(rows * width, limit: 9)
    let weight = generator.floats(width)
    let results = [nil, lanes]
      .flatMap { lanes in
        [
          every(x, weight, rows, lanes),
          Machine.withPortableKernels { every(x, weight, rows, lanes) },
        ]
      }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }

  /// Every step once, one after the other.
  private func every(_ x: [Float], _ weight: [Float], _ rows: Int, _ lanes: Lanes?) -> [[Float]] {
    let width = weight.count
    func run(_ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
      var y = x
      body(&y)
      return y
    }
    return [
      run {
        Elementwise.rmsNorm(
          $0, rows: rows, width: width, weight: weight, epsilon: 1e-6, into: $0, lanes: lanes)
      },
      run {
        Elementwise.layerNorm(
          $0, rows: rows, width: width, weight: weight, bias: weight, epsilon: 1e-6, into: $0,
          lanes: lanes)
      },
      run { Elementwise.activate(.silu, $0, count: rows * width, lanes: lanes) },
      run { Elementwise.activate(.geluTanh, $0, count: rows * width, lanes: lanes) },
      run { Elementwise.activate(.gelu, $0, count: rows * width, lanes: lanes) },
      run { Elementwise.gate(.silu, $0, with: x, count: rows * width, lanes: lanes) },
      run { Elementwise.softCap($0, count: rows * width, cap: 5, lanes: lanes) },
      run { Elementwise.softmax($0, rows: rows, width: width, lanes: lanes) },
      run { Elementwise.add(x, count: rows * width, to: $0, lanes: lanes) },
      run { Elementwise.addRow(weight, rows: rows, width: width, to: $0, lanes: lanes) },
      run { Elementwise.scale($0, count: rows * width, by: 1.7, lanes: lanes) },
      (0..<rows)
        .map { row in Float(Elementwise.logSumExp(Array(x[(row * width)...]), count: width)) },
    ]
  }

  private func row(_ width: Int) -> ([Float], [Float], [Float]) {
    var generator = SeededGenerator(seed: UInt64(width))
    return (
      generator.floats(width, limit: 4), generator.floats(width, limit: 2),
      generator.floats(width)
    )
  }
}
