import CCurl
import Foundation

/// A failed request, and whether another try may go better.
struct HubFault: Error {
  let error: ModelStoreError
  var isPassing = false
  /// Seconds that the server asks to be left alone.
  var wait: Double?
}

/// Speaks to the hub: follows redirects, keeps the token to the hub itself, and tells failures in
/// words.
final class HubClient {
  private static let mostRedirects = 10

  let settings: HubSettings
  let reference: HubReference
  let stop: PullStop
  private let token: String?
  /// Whether any server has answered: a network that has worked may work again.
  private var hasHeard = false

  init(_ settings: HubSettings, _ reference: HubReference, stop: PullStop) {
    self.settings = settings
    self.reference = reference
    self.stop = stop
    token = settings.token()
  }

  // MARK: Addresses

  /// Where the hub describes the repository at the reference's revision.
  var description: String {
    let revision = Self.encoded(reference.revision ?? HubReference.standardRevision, keeps: "")
    return "\(settings.endpoint)/api/models/\(reference.repository)/revision/\(revision)?blobs=true"
  }

  /// Where the hub has a file of a commit.
  func address(of file: String, at commit: String) -> String {
    "\(settings.endpoint)/\(reference.repository)/resolve/\(commit)/"
      + Self.encoded(file, keeps: "/")
  }

  /// The page of the repository, for people.
  var page: String { "\(settings.endpoint)/\(reference.repository)" }

  private static func encoded(_ text: String, keeps: String) -> String {
    let allowed = CharacterSet(
      charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" + keeps)
    return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
  }

  // MARK: Requests

  /// Asks for an address, and whatever address that leads to.
  ///
  /// - Parameters:
  ///   - url: The address at the hub.
  ///   - fields: Header lines besides the token.
  ///   - isHead: Whether to ask for the head alone.
  ///   - sink: Where the body goes.
  ///   - redirected: Sees the head of every response that names another address, and says whether
  ///     to go there.
  /// - Returns: The head of the last response.
  /// - Throws: ``HubFault``.
  func get(
    _ url: String, fields: [String] = [], isHead: Bool = false, to sink: any HTTPSink,
    redirected: (HTTPHead) throws(ModelStoreError) -> Bool = { _ in true }
  ) throws(HubFault) -> HTTPHead {
    try checkEndpoint()
    var url = url
    var seen: Set<String> = []
    while true {
      guard seen.count < Self.mostRedirects, seen.insert(url).inserted else {
        throw HubFault(
          error: ModelStoreError(
            .downloadFailed,
            "\(reference): the hub's redirects go in circles (\(seen.count) of them, last to "
              + "\(host(of: url))). Check HF_ENDPOINT and the proxy settings."))
      }
      var lines = ["User-Agent: casthost", "Accept-Encoding: identity"] + fields
      if let token, Origin(url) == Origin(settings.endpoint) {
        lines.append("Authorization: Bearer \(token)")
      }
      let exchange = HTTPExchange(to: sink, stop: stop)
      do {
        let outcome = try exchange.perform(
          url, fields: lines, isHead: isHead, patience: settings.patience)
        if let fault = fault(outcome, at: url) { throw fault }
        hasHeard = true
        guard exchange.head.isRedirect, let next = outcome.location else {
          try check(exchange, at: url)
          return exchange.head
        }
        guard try redirected(exchange.head) else { return exchange.head }
        try check(redirect: next, from: url)
        url = next
      } catch let fault as HubFault {
        throw fault
      } catch let error as ModelStoreError {
        throw HubFault(error: error)
      } catch {
        throw HubFault(error: ModelStoreError(.downloadFailed, "\(reference): \(error)."))
      }
    }
  }

  /// Repeats what failed for a reason that passes, each time after a longer wait.
  ///
  /// - Parameters:
  ///   - progress: Says how much is done; tries are counted anew when it has grown.
  ///   - body: What to try.
  /// - Returns: What `body` returns.
  /// - Throws: The last error.
  func patiently<Result>(
    progress: () -> Int = { 0 }, _ body: () throws(HubFault) -> Result
  ) throws(ModelStoreError) -> Result {
    var tries = 0
    while true {
      let before = progress()
      do throws(HubFault) {
        return try body()
      } catch {
        if progress() > before { tries = 0 }
        tries += 1
        guard error.isPassing, tries < 5 else { throw error.error }
        try sleep(max(error.wait ?? 0, settings.pause * Double(1 << (tries - 1))))
      }
    }
  }

  private func sleep(_ seconds: Double) throws(ModelStoreError) {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if stop.isSet { throw .hubInterrupted }
      Thread.sleep(forTimeInterval: min(0.05, seconds))
    }
  }

  private func checkEndpoint() throws(HubFault) {
    guard Origin(settings.endpoint) == nil else { return }
    throw HubFault(
      error: ModelStoreError(
        .unsupportedReference,
        "HF_ENDPOINT: '\(settings.endpoint)' is no address (expected http:// or https:// and a "
          + "host). Correct the variable, or unset it."))
  }

  private func check(redirect next: String, from url: String) throws(ModelStoreError) {
    let isOpen = Origin(url)?.scheme == "http"
    guard let origin = Origin(next), origin.scheme == "https" || isOpen else {
      throw ModelStoreError(
        .downloadFailed,
        "\(reference): \(host(of: url)) leads to an address that is not secure (expected https, "
          + "found \(Origin(next)?.scheme ?? "no web address")). Check HF_ENDPOINT.")
    }
  }

  private func host(of url: String) -> String { Origin(url)?.host ?? url }

  // MARK: Failures

  /// What a transfer that did not end well means; nil where it did.
  private func fault(_ outcome: HTTPExchange.Outcome, at url: String) -> HubFault? {
    func unreachable(_ what: String, isPassing: Bool) -> HubFault {
      HubFault(
        error: ModelStoreError(.unreachable, "\(reference): \(what)", cause: outcome.words),
        isPassing: isPassing)
    }
    let again = "Check the network and the proxy settings, then run the command again."
    let host = host(of: url)
    switch outcome.ending {
    case cc_whole: return nil
    case cc_no_library:
      return HubFault(
        error: ModelStoreError(
          .toolMissing,
          "libcurl: not found. Models of the hub are fetched with it; on Debian and Ubuntu: "
            + "apt-get install libcurl4"))
    case cc_unknown_host:
      return unreachable("\(host) is not known here. \(again)", isPassing: hasHeard)
    case cc_no_connection:
      return unreachable("\(host) does not answer. \(again)", isPassing: hasHeard)
    case cc_distrust:
      return unreachable(
        "the connection to \(host) is not secure (\(outcome.words)). Check the clock, the "
          + "certificates (on Debian and Ubuntu: apt-get install ca-certificates) and the proxy "
          + "settings.", isPassing: false)
    case cc_cut: return unreachable("the connection to \(host) broke. \(again)", isPassing: true)
    case cc_late:
      return unreachable("\(host) sends nothing any more. \(again)", isPassing: hasHeard)
    default:
      return HubFault(
        error: ModelStoreError(
          .downloadFailed, "\(reference): the download failed (\(outcome.words)). \(again)",
          cause: outcome.words))
    }
  }

  /// Throws what a response that is no success means.
  private func check(_ exchange: HTTPExchange, at url: String) throws(HubFault) {
    let head = exchange.head
    if head.isSuccess { return }
    let said = head.fields["x-error-message"] ?? String(decoding: exchange.complaint, as: UTF8.self)
    func fault(_ code: ModelStoreError.Code, _ what: String) -> HubFault {
      HubFault(error: ModelStoreError(code, "\(reference): \(what)", cause: said))
    }
    let isHub = Origin(url) == Origin(settings.endpoint)
    switch (head.status, head.fields["x-error-code"]) {
    case (401, _) where !isHub, (403, _) where !isHub:
      // Addresses of storage hold for an hour or so; the hub gives another one.
      var passing = fault(
        .downloadFailed,
        "\(host(of: url)), to which the hub leads, does not give the file (status "
          + "\(head.status)). Run the command again.")
      passing.isPassing = true
      throw passing
    case (_, "GatedRepo"), (403, _):
      throw fault(
        .refused,
        "the hub gives it only to those who have accepted its terms. Accept them at \(page), and "
          + "set HF_TOKEN to a token of your account that may read it.")
    case (401, _):
      throw fault(
        .refused,
        token == nil
          ? "the hub asks who you are: it has no such model, or not for everybody. Check the name; "
            + "for a private model or one with terms (\(page)) set HF_TOKEN to a token of yours."
          : "the hub does not take your token, or has no such model. Check the name at \(page), and "
            + "HF_TOKEN or the token file in HF_HOME.")
    case (404, "RevisionNotFound"):
      throw fault(
        .unknownModel,
        "the hub has no revision '\(reference.revision ?? HubReference.standardRevision)' of it. "
          + "See \(page).")
    case (404, _), (410, _):
      throw fault(.unknownModel, "\(host(of: url)) has no such model or file. See \(page).")
    case (416, _): throw fault(.mismatch, "the hub has no such part of the file. Run it again.")
    case (408, _), (429, _), (500...599, _):
      var passing = fault(
        .unreachable,
        "\(host(of: url)) is \(head.status == 429 ? "asked too often" : "in trouble") (status "
          + "\(head.status)). Try again later; what has arrived is kept.")
      passing.wait = head.number("retry-after").map(Double.init)
      passing.isPassing = (passing.wait ?? 0) <= 120
      throw passing
    default:
      throw fault(
        .downloadFailed,
        "\(host(of: url)) answers with status \(head.status). Check HF_ENDPOINT and the proxy "
          + "settings.")
    }
  }
}

/// Whom an address belongs to: scheme, host and port.
struct Origin: Equatable {
  let scheme: String
  let host: String
  let port: Int

  /// Reads an address; nil for one that is not http or https.
  init?(_ url: String) {
    guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
      let host = parts.host?.lowercased(), !host.isEmpty, scheme == "https" || scheme == "http"
    else { return nil }
    self.scheme = scheme
    self.host = host
    port = parts.port ?? (scheme == "https" ? 443 : 80)
  }
}
