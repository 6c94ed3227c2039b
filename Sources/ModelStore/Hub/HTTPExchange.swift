import CCurl
import Foundation
import Synchronization

/// A request to stop, from any thread.
final class PullStop: Sendable {
  private let flag = Atomic(false)

  /// Whether somebody asked.
  var isSet: Bool { flag.load(ordering: .relaxed) }

  /// Asks.
  func set() { flag.store(true, ordering: .relaxed) }
}

/// What a response says before its body.
struct HTTPHead {
  var status = 0
  /// By names in lower case; of several with one name the last.
  var fields: [String: String] = [:]

  /// Takes a line; a status line begins anew.
  mutating func add(_ line: String) {
    if line.hasPrefix("HTTP/") {
      let words = line.split(separator: " ")
      self = HTTPHead(status: words.count > 1 ? Int(words[1]) ?? 0 : 0)
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...]
      fields[line[..<colon].lowercased()] = value.trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  /// A number in a field, or nil.
  func number(_ name: String) -> Int? { fields[name].flatMap { Int($0) } }

  /// The name of a version of a file, in a field; without its quotation marks.
  func tag(_ name: String) -> String? {
    guard var text = fields[name] else { return nil }
    if text.hasPrefix("W/") { text.removeFirst(2) }
    guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else {
      return text.isEmpty ? nil : text
    }
    return String(text.dropFirst().dropLast())
  }

  /// Whether another address is named for the same request.
  var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }
  /// Whether the body is what was asked for.
  var isSuccess: Bool { status == 200 || status == 206 }
}

/// Where the body of a successful response goes.
protocol HTTPSink: AnyObject {
  /// Learns what is coming.
  func begin(_ head: HTTPHead) throws(ModelStoreError)
  /// Takes the next bytes.
  func append(_ bytes: UnsafeRawBufferPointer) throws(ModelStoreError)
}

/// One request and its response, carried out on the thread that calls.
///
/// The body is handed on as it arrives, so memory stays bounded whatever the size.
final class HTTPExchange {
  private let sink: any HTTPSink
  private let stop: PullStop
  /// Seconds to wait for the next byte.
  private var stallSeconds = 0
  private var lastArrival = ContinuousClock.now
  private var hasStalled = false
  private var failure: ModelStoreError?
  private var hasBegun = false
  /// What the response says.
  private(set) var head = HTTPHead()
  /// The first bytes of a body that is not what was asked for.
  private(set) var complaint: [UInt8] = []

  private static let longestComplaint = 4096

  init(to sink: any HTTPSink, stop: PullStop) {
    self.sink = sink
    self.stop = stop
  }

  /// What became of a request.
  struct Outcome {
    let ending: cc_ending
    /// What libcurl says; empty where all went well.
    let words: String
    /// Where a redirect leads.
    let location: String?
  }

  /// Sends the request and hands on the response.
  ///
  /// - Throws: What the sink throws, and `interrupted`.
  func perform(
    _ url: String, fields: [String], isHead: Bool, patience: (connect: Int, stall: Int)
  ) throws(ModelStoreError) -> Outcome {
    stallSeconds = patience.stall
    lastArrival = .now
    var lines = fields.map { strdup($0) }
    defer { lines.forEach { free($0) } }
    lines.append(nil)
    let outcome = lines.withUnsafeBufferPointer { lines in
      lines.withMemoryRebound(to: UnsafePointer<CChar>?.self) { lines in
        url.withCString { url in
          var request = cc_request(
            url: url, headers: lines.baseAddress, is_head: isHead,
            connect_seconds: patience.connect,
            context: Unmanaged.passUnretained(self).toOpaque(),
            header: { HTTPExchange.of($0)?.take(header: $1, $2) ?? false },
            body: { HTTPExchange.of($0)?.take(body: $1, $2) ?? false },
            goes_on: { HTTPExchange.of($0)?.goesOn() ?? false })
          return cc_transfer(&request)
        }
      }
    }
    defer { free(outcome.location) }
    if stop.isSet { throw .hubInterrupted }
    if let failure { throw failure }
    let words = withUnsafeBytes(of: outcome.words) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if outcome.ending == cc_whole, head.isSuccess, !hasBegun { try sink.begin(head) }
    return Outcome(
      ending: hasStalled ? cc_late : outcome.ending, words: words,
      location: outcome.location.map { String(cString: $0) })
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
    context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
  }

  private func goesOn() -> Bool {
    hasStalled = ContinuousClock.now - lastArrival > .seconds(stallSeconds)
    return !stop.isSet && !hasStalled
  }

  private func take(header bytes: UnsafePointer<CChar>?, _ count: Int) -> Bool {
    lastArrival = .now
    head.add(String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self))
    return !stop.isSet
  }

  private func take(body start: UnsafePointer<CChar>?, _ count: Int) -> Bool {
    lastArrival = .now
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    guard head.isSuccess else {
      complaint += bytes.prefix(Self.longestComplaint - complaint.count)
      return !stop.isSet
    }
    do {
      if !hasBegun {
        hasBegun = true
        try sink.begin(head)
      }
      try sink.append(bytes)
    } catch {
      failure = error
      return false
    }
    return !stop.isSet
  }
}
