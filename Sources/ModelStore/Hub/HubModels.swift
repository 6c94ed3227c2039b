public import Foundation

/// A model of the hub that is in the cache as a whole.
public struct HubModel: Sendable, Hashable {
  /// How it is named.
  public let reference: HubReference
  /// The GGUF file or the folder.
  public let url: URL
  /// Bytes of its files.
  public let byteCount: Int
}

extension ModelStore {
  /// Makes sure that a model of the hub is in the cache, downloading what is missing.
  ///
  /// The cache is that of Python's `huggingface_hub`, and what either has fetched the other finds.
  /// Every file is checked against the hash that the hub announces before it gets its name there. A
  /// download that was cut goes on where it stopped, within a pull as with the next. Of pulls at
  /// once, one fetches a file and the others wait for it.
  ///
  /// - Parameters:
  ///   - reference: What to fetch.
  ///   - progress: Called now and then while this waits or downloads, on one thread.
  /// - Returns: The GGUF file (of a split one the first part), or the folder.
  /// - Throws: ``ModelStoreError``, with code `interrupted` once the task is cancelled.
  @discardableResult
  public func pull(
    _ reference: HubReference, progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
  ) async throws(ModelStoreError) -> URL {
    let stop = PullStop()
    let hub = hub
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation {
        (continuation: CheckedContinuation<Result<URL, ModelStoreError>, Never>) in
        // libcurl waits, which no thread of the pool may.
        Thread.detachNewThread {
          let pull = HubPull(hub, reference, stop: stop, progress: progress)
          continuation.resume(
            returning: Result { () throws(ModelStoreError) in try pull.run() })
        }
      }
    } onCancel: {
      stop.set()
    }
    return try result.get()
  }

  /// The models of the hub that are in the cache as a whole, by name.
  ///
  /// Of each branch and tag what was fetched last, and of commits those that none of them is.
  public func hubModels() -> [HubModel] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: hub.cache.path)) ?? []
    return names.sorted()
      .flatMap { name -> [HubModel] in
        let parts = name.components(separatedBy: "--")
        guard parts.count == 3, parts[0] == "models",
          let repository = try? HubReference("hf:\(parts[1])/\(parts[2])").repository
        else { return [] }
        let cache = HubCache(hub.cache, repository)
        let revisions = cache.revisions
        let named = Set(revisions.compactMap { cache.commit(of: $0) })
        return (revisions + cache.commits.filter { !named.contains($0) })
          .flatMap { models(repository, at: $0, in: cache) }
      }
  }

  private func models(
    _ repository: String, at revision: String, in cache: HubCache
  ) -> [HubModel] {
    guard let commit = cache.commit(of: revision) else { return [] }
    let shown = revision == HubReference.standardRevision ? nil : revision
    let files = cache.files(at: commit)
    let names: [String?] = HubSelection.firstParts(files) + [nil]
    var urls: Set<URL> = []
    return names.compactMap { file in
      let reference = HubReference(repository: repository, revision: shown, file: file)
      // The repository alone is what is left: a folder, or a file that is listed by its name.
      guard let here = try? cache.locate(reference),
        urls.insert(here.url).inserted
      else { return nil }
      return HubModel(reference: reference, url: here.url, byteCount: here.byteCount)
    }
  }

  /// What a process must be able to read in order to open every registered model, and others.
  ///
  /// - Parameter references: As they are given to ``locate(_:)``, or patterns of such.
  /// - Returns: Files and folders, some of which need not exist; for a pattern of places on the hub
  ///   its whole cache.
  public func places(of references: [String]) -> [String] {
    // The cache's files may be links.
    [folder.path] + RegisteredModel.all.map { path(of: $0).path }
      + references.map { reference in
        guard reference.hasPrefix(HubReference.prefix) else { return reference }
        let place = try? HubReference(reference)
        return place.map { HubCache(hub.cache, $0.repository).folder.path } ?? hub.cache.path
      }
  }

  /// What to call an opened model: its registered name, or that of its repository; nil where its
  /// file's name says it best.
  public static func name(of reference: String) -> String? {
    switch try? ModelReference(reference) {
    case .registered(let model): model.name
    case .hub(let place): place.file == nil ? place.name : nil
    case .file, nil: nil
    }
  }
}
