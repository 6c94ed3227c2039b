import Foundation
import TestSupport
import Testing

@testable import ModelStore

@Suite("References to the hub")
struct HubReferenceTests {
  @Test("Owner, repository, revision and file are read, and written as they were")
  func parts() throws {
    let cases: [(String, String, String?, String?)] = [
      ("hf:acme/tiny", "acme/tiny", nil, nil),
      ("hf:acme/Tiny-1.5_B", "acme/Tiny-1.5_B", nil, nil),
      ("hf:acme/tiny:q4/tiny.gguf", "acme/tiny", nil, "q4/tiny.gguf"),
      ("hf:acme/tiny@v1.0", "acme/tiny", "v1.0", nil),
      ("hf:acme/tiny@refs/pr/7:a b.gguf", "acme/tiny", "refs/pr/7", "a b.gguf"),
    ]
    for (text, repository, revision, file) in cases {
      let reference = try HubReference(text)
      #expect(reference.repository == repository)
      #expect(reference.revision == revision)
      #expect(reference.file == file)
      #expect(reference.description == text)
      #expect(try ModelReference(text) == .hub(reference))
    }
  }

  @Test(
    "What is none, or would lead out of the cache, is refused with the forms there are",
    arguments: [
      "hf:", "hf:tiny", "hf:/tiny", "hf:acme/", "hf:acme/tiny/x", "hf:../tiny", "hf:acme/..",
      "hf:acme/ti ny", "hf:acme/ti--ny", "hf:a\u{1b}/b", "hf:acme/tiny@", "hf:acme/tiny@../x",
      "hf:acme/tiny:", "hf:acme/tiny:../x.gguf", "hf:acme/tiny:/x.gguf", "hf:acme/tiny:a/./b",
      "hf:acme/tiny:a\\b", "hf:acme/tiny@a//b", "hf:.acme/tiny", "hf:acme/tiny-",
      "hf:acme/tiny:\u{0}",
    ])
  func malformed(text: String) {
    let error = #expect(throws: ModelStoreError.self) { try ModelReference(text) }
    #expect(error?.code == .unsupportedReference)
    #expect(error?.message.contains("hf:owner/repo") == true)
  }

  // MARK: Settings

  private func settings(_ environment: [String: String]) -> HubSettings {
    HubSettings(environment: environment.merging(["HOME": "/home/ann"]) { first, _ in first })
  }

  @Test("The cache is where Python's huggingface_hub has it")
  func places() {
    // What huggingface_hub.constants.HF_HUB_CACHE is with these variables, version 0.36.2.
    for (environment, path) in [
      ([:], "/home/ann/.cache/huggingface/hub"),
      (["XDG_CACHE_HOME": "/var/c"], "/var/c/huggingface/hub"),
      (["HF_HOME": "/data/hf", "XDG_CACHE_HOME": "/var/c"], "/data/hf/hub"),
      (["HF_HOME": "~/hf"], "/home/ann/hf/hub"),
      (["HF_HUB_CACHE": "/data/cache", "HF_HOME": "/data/hf"], "/data/cache"),
    ] as [([String: String], String)] {
      #expect(settings(environment).cache.path == path)
    }
  }

  @Test("The endpoint loses its slash, and the words for yes make the hub offline")
  func words() {
    #expect(settings([:]).endpoint == "https://huggingface.co")
    #expect(settings(["HF_ENDPOINT": "http://h:1/x/"]).endpoint == "http://h:1/x")
    for yes in ["1", "ON", "yes", "True"] {
      #expect(settings(["HF_HUB_OFFLINE": yes]).isOffline)
    }
    for no in ["0", "no", "", "off"] { #expect(!settings(["HF_HUB_OFFLINE": no]).isOffline) }
  }

  @Test(
    "The token is that of the variable, else that of the file, and nothing that breaks a header")
  func token() throws {
    let home = try ScratchFolder(["token": "hf_file\n"])
    let place = ["HF_HOME": home.url.path]
    #expect(settings(place).token() == "hf_file")
    #expect(settings(place.merging(["HF_TOKEN": " hf_own "]) { $1 }).token() == "hf_own")
    #expect(settings(["HF_HOME": "/no/such", "HF_TOKEN": "a\nHost: evil"]).token() == nil)
    #expect(settings(["HF_HOME": "/no/such"]).token() == nil)
  }

  @Test("Addresses have the same origin only with scheme, host and port alike")
  func origins() {
    #expect(Origin("https://Hub.co/a") == Origin("https://hub.co:443/b?c"))
    for other in [
      "http://hub.co", "https://hub.co:444", "https://hub.co.evil", "https://evil@hub.com",
    ] {
      #expect(Origin("https://hub.co") != Origin(other))
    }
    #expect(Origin("file:///etc/passwd") == nil)
    #expect(Origin("hub.co/x") == nil)
  }
}
