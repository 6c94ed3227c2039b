public import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A small HTTP/1.1 server on the loopback interface, which answers as a test says and can break
/// off in the middle.
public final class HTTPStub: Sendable {
  /// What was asked.
  public struct Request: Sendable {
    /// `GET` or `HEAD`.
    public let method: String
    /// The path, percent-encoded, with what follows a question mark.
    public let path: String
    /// Header fields, by names in lower case.
    public let fields: [String: String]
    /// How many requests for the same path came before.
    public let number: Int
  }

  /// What to answer.
  public struct Answer: Sendable {
    /// The status.
    public var status: Int
    /// Header fields besides the length.
    public var fields: [String: String]
    /// The body.
    public var body: Data
    /// Bytes of the body after which the connection is closed; nil for all.
    public var cutAfter: Int?
    /// What `Content-Length` says; nil for the truth.
    public var length: Int?
    /// Whether there is a `Content-Length` at all.
    public var tellsLength = true
    /// Called before the last byte of the body is sent.
    public var meanwhile: (@Sendable () -> Void)?

    /// An answer as it should be.
    public init(_ status: Int = 200, _ fields: [String: String] = [:], body: Data = Data()) {
      self.status = status
      self.fields = fields
      self.body = body
    }
  }

  private struct Refused: Error {}

  /// The port on 127.0.0.1.
  public let port: Int
  private let listener: Int32
  private let log = Log()

  private final class Log: Sendable {
    let requests = Mutex<[Request]>([])
  }

  /// The address, without a slash at its end.
  public var address: String { "http://127.0.0.1:\(port)" }
  /// All requests so far, in order.
  public var requests: [Request] { log.requests.withLock { $0 } }

  /// Starts the server, which ends with the value.
  ///
  /// - Parameter answer: Called on a thread of the connection.
  /// - Throws: Where there is no socket to be had.
  public init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
    #if canImport(Glibc)
    let stream = Int32(SOCK_STREAM.rawValue)
    #else
    let stream = SOCK_STREAM
    #endif
    listener = socket(AF_INET, stream, 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isOpen = withUnsafeMutablePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
        listener >= 0 && bind(listener, place, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, place, &length) == 0
      }
    }
    guard isOpen else { throw Refused() }
    port = Int(UInt16(bigEndian: place.sin_port))
    let log = log
    Thread.detachNewThread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          HTTPStub.serve(connection, log, answer)
          shutdown(connection, Int32(SHUT_RDWR))
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private static func serve(
    _ connection: Int32, _ log: Log, _ answer: (Request) -> Answer
  ) {
    guard let request = read(connection, log) else { return }
    let answer = answer(request)
    var head = "HTTP/1.1 \(answer.status) Status\r\nConnection: close\r\n"
    for (name, value) in answer.fields { head += "\(name): \(value)\r\n" }
    if answer.tellsLength { head += "Content-Length: \(answer.length ?? answer.body.count)\r\n" }
    guard send(Data((head + "\r\n").utf8), connection), request.method != "HEAD" else { return }
    let body = answer.body.prefix(answer.cutAfter ?? .max)
    guard let meanwhile = answer.meanwhile, !body.isEmpty else {
      _ = send(body, connection)
      return
    }
    guard send(body.dropLast(), connection) else { return }
    meanwhile()
    _ = send(body.suffix(1), connection)
  }

  private static func read(_ connection: Int32, _ log: Log) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 16 {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      if bytes[0] < 0x20 {
        // The beginning of TLS, which is answered in the clear.
        _ = send(Data("HTTP/1.1 400 Not here\r\n\r\n".utf8), connection)
        return nil
      }
      if bytes.suffix(4) == [13, 10, 13, 10] { break }
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return log.requests.withLock { requests in
      let number = requests.count { $0.path == words[1] && $0.method == words[0] }
      let request = Request(method: words[0], path: words[1], fields: fields, number: number)
      requests.append(request)
      return request
    }
  }

  private static func send(_ data: Data, _ connection: Int32) -> Bool {
    let bytes = Array(data)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        sendSome(connection, buffer.baseAddress.map { $0 + sent }, bytes.count - sent)
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}

/// Sends what the socket takes, without a signal where the other end is gone.
private func sendSome(_ connection: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Darwin)
  send(connection, start, count, 0)
  #else
  // MSG_NOSIGNAL, which each C library imports as another type.
  send(connection, start, count, 0x4000)
  #endif
}
