import Foundation
import Fuzzers

/// The fuzzer that `CASTHOST_FUZZ` names.
private let chosen: Fuzzer? = {
  let name = ProcessInfo.processInfo.environment["CASTHOST_FUZZ"] ?? ""
  return Fuzzer.all.first { $0.name == name }
}()

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// SwiftPM calls the main function so; libFuzzer's own has the name of none.
@_cdecl("FuzzRunner_main")
public func main(_ count: CInt, _ arguments: UnsafeMutableRawPointer) -> CInt {
  var (count, arguments) = (count, arguments)
  return withUnsafeMutablePointer(to: &arguments) { runDriver(&count, $0, testOneInput) }
}

/// What libFuzzer calls with every input, on one thread.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let chosen else {
    print("CASTHOST_FUZZ: expected one of \(Fuzzer.all.map(\.name).joined(separator: ", "))")
    exit(2)
  }
  do {
    _ = try chosen.attempt(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    print("\(chosen.name): \(error)")
    abort()
  }
  return 0
}

/// What libFuzzer calls first: writes the seeds and the words to the folder that
/// `CASTHOST_FUZZ_FOLDER` names.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  guard let chosen, let folder = ProcessInfo.processInfo.environment["CASTHOST_FUZZ_FOLDER"] else {
    return 0
  }
  let place = URL(fileURLWithPath: folder)
  for (number, seed) in chosen.seeds.enumerated() {
    try? Data(seed).write(to: place.appendingPathComponent("seeds/\(number)"))
  }
  let lines = chosen.words.map { word in
    let digits = word.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return "\"\(digits.joined())\"\n"
  }
  try? lines.joined()
    .write(
      to: place.appendingPathComponent("words"), atomically: true, encoding: .utf8)
  return 0
}
