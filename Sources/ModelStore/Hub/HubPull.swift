import Foundation

/// Brings a model of the hub into the cache, on the thread that calls.
struct HubPull {
  private let settings: HubSettings
  private let reference: HubReference
  private let stop: PullStop
  private let progress: (PullProgress) -> Void
  private let client: HubClient
  private let cache: HubCache

  /// A file that is to be there, with all that is known of it.
  private struct Wanted {
    let path: String
    let size: Int
    let identity: HubIdentity
  }

  init(
    _ settings: HubSettings, _ reference: HubReference, stop: PullStop,
    progress: @escaping (PullProgress) -> Void
  ) {
    self.settings = settings
    self.reference = reference
    self.stop = stop
    self.progress = progress
    client = HubClient(settings, reference, stop: stop)
    cache = HubCache(settings.cache, reference.repository)
  }

  /// Fetches what is not here.
  ///
  /// - Returns: The GGUF file or the folder.
  /// - Throws: ``ModelStoreError``; what has arrived stays for the next pull, unless it is wrong.
  func run() throws(ModelStoreError) -> URL {
    let isFixed = reference.revision.map(HubReference.isCommit) ?? false
    // A commit never changes, so nothing has to be asked about one that is here.
    if isFixed || settings.isOffline, let here = try cache.locate(reference) { return here.url }
    guard !settings.isOffline else {
      throw ModelStoreError(
        .notDownloaded,
        "\(reference): not in \(cache.root.path), and HF_HUB_OFFLINE forbids to fetch it. "
          + "Unset the variable, and run the command again.")
    }
    let listing: HubListing
    do {
      listing = try client.listing()
    } catch {
      guard error.code == .unreachable, let here = try cache.locate(reference) else { throw error }
      progress(.offline)
      return here.url
    }
    let selection = try HubSelection(reference, among: listing.files)
    try cache.prepare()
    try fetch(selection, of: listing)
    if reference.file == nil { try cache.note(choice: selection, at: listing.commit) }
    // Last, so that what was here before is found until the new one is whole.
    try cache.note(listing.commit, for: reference.revision)
    guard let here = try cache.locate(reference) else {
      throw ModelStoreError(
        .cacheUnusable,
        "\(reference): was put into \(cache.root.path), but is not found there. "
          + "Do not change that folder meanwhile; run the command again.")
    }
    return here.url
  }

  private func fetch(
    _ selection: HubSelection, of listing: HubListing
  ) throws(ModelStoreError) {
    switch selection {
    case .gguf(let parts): try fetch(parts, of: listing)
    case .folder(let names, let index):
      guard let index else { return try fetch(names, of: listing) }
      try fetch([index], of: listing)
      let url = cache.snapshot(listing.commit).appendingPathComponent(index)
      let weights = try HubCache.weights(of: url, reference, index)
      if let missing = weights.first(where: { listing.files[$0] == nil }) {
        throw ModelStoreError(
          .unknownModel,
          "\(reference): the repository lacks \(missing), which its index names. Use another one.")
      }
      // Small files first: what is wrong with them shows before the large ones are here.
      try fetch(names + weights, of: listing)
    }
  }

  private func fetch(_ names: [String], of listing: HubListing) throws(ModelStoreError) {
    var wanted: [Wanted] = []
    for name in names {
      guard let file = listing.files[name] else { continue }
      let whole = try client.completed(file, at: listing.commit)
      guard let size = whole.size, let identity = whole.identity else { continue }
      wanted.append(Wanted(path: name, size: size, identity: identity))
    }
    var missing = 0
    var arrived = 0
    for file in wanted where !cache.holds(file.identity, size: file.size) {
      guard !missing.addingReportingOverflow(file.size).overflow else { break }
      missing += file.size
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: cache.incomplete(file.identity).path)
      arrived += min(file.size, (attributes?[.size] as? NSNumber)?.intValue ?? 0)
    }
    if let free = freeBytes(at: cache.folder), free < missing - arrived {
      throw .diskFull(
        cache.root,
        detail: " (fetching \(reference) needs \(ByteCount(missing - arrived)), "
          + "\(ByteCount(free)) are free)", for: .hub)
    }
    let display = Display(expected: missing, progress)
    for file in wanted {
      if !cache.holds(file.identity, size: file.size) {
        try fetch(file, at: listing.commit, display)
      }
      try cache.add(file.path, file.identity, at: listing.commit)
    }
  }

  /// Passes on how much of everything has arrived, at most ten times a second.
  private final class Display {
    private let expected: Int
    private let progress: (PullProgress) -> Void
    private var last: ContinuousClock.Instant?
    /// Bytes of the files that are whole.
    private(set) var before = 0

    init(expected: Int, _ progress: @escaping (PullProgress) -> Void) {
      self.expected = expected
      self.progress = progress
    }

    func show(_ count: Int, always: Bool = false) {
      let now = ContinuousClock.now
      if let last, !always, now - last < .milliseconds(100) { return }
      last = now
      progress(.downloading(received: before + count, expected: expected))
    }

    func finish(_ size: Int) {
      before += size
      show(0, always: true)
    }
  }

  // MARK: One file

  private func fetch(
    _ file: Wanted, at commit: String, _ display: Display
  ) throws(ModelStoreError) {
    let lock = try waitForLock(file.identity)
    // Whoever had the lock may have fetched it.
    if !cache.holds(file.identity, size: file.size) {
      let part = try PartialFile(
        cache.incomplete(file.identity), of: file.path, size: file.size, identity: file.identity,
        in: cache.root, reference, stop: stop)
      part.arrived = { display.show(part.count) }
      defer { part.arrived = {} }
      display.show(part.count, always: true)
      try fill(part, file, at: commit)
      try part.move(to: cache.blob(file.identity))
    }
    display.finish(file.size)
    lock.release()
  }

  private func waitForLock(_ identity: HubIdentity) throws(ModelStoreError) -> FolderLock {
    while true {
      if let lock = try cache.lock(identity) { return lock }
      progress(.waiting)
      Thread.sleep(forTimeInterval: 0.1)
      if stop.isSet { throw .hubInterrupted }
    }
  }

  /// Downloads until the file is whole and right.
  private func fill(
    _ part: PartialFile, _ file: Wanted, at commit: String
  ) throws(ModelStoreError) {
    while true {
      try client.patiently(progress: { part.furthest }) { () throws(HubFault) in
        if !part.isWhole { try ask(for: part, file, at: commit) }
      }
      if part.isRight { return }
      // What an earlier pull or another connection left may be at fault; the whole at once is not.
      guard part.hasResumed else { break }
      try part.restart()
    }
    part.discard()
    throw ModelStoreError(
      .mismatch,
      "\(reference): \(file.path) is not the file that the hub announced (its hash is another than "
        + "\(file.identity.name)). Run the command again; if it fails the same way, the hub or a "
        + "proxy before it is at fault.")
  }

  /// Asks once for the bytes that are missing.
  private func ask(for part: PartialFile, _ file: Wanted, at commit: String) throws(HubFault) {
    var fields: [String] = []
    if part.count > 0 {
      fields.append("Range: bytes=\(part.count)-")
      if let version = part.version { fields.append("If-Range: \(version)") }
    }
    part.hasLostPlace = false
    do throws(HubFault) {
      _ = try client.get(client.address(of: file.path, at: commit), fields: fields, to: part) {
        head throws(ModelStoreError) in
        try check(head, file)
        return true
      }
    } catch {
      var fault = error
      if part.hasLostPlace { fault.isPassing = true }
      throw fault
    }
    guard part.isWhole else {
      throw HubFault(
        error: ModelStoreError(
          .unreachable,
          "\(reference): the connection broke. Check the network, then run the command again: it "
            + "goes on from there."), isPassing: true)
    }
  }

  /// Compares what the hub says on the way to a file with what its listing said.
  private func check(_ head: HTTPHead, _ file: Wanted) throws(ModelStoreError) {
    let size = head.number("x-linked-size") ?? file.size
    let tag = HubIdentity(head.tag("x-linked-etag")) ?? file.identity
    guard size == file.size, tag == file.identity else {
      throw ModelStoreError(
        .mismatch,
        "\(reference): the hub contradicts itself about \(file.path) (expected \(file.size) bytes "
          + "of \(file.identity.name), found \(size) of \(tag.name)). Run the command again later.")
    }
  }
}
