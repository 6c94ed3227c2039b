import Checkpoint
import Kernels
import TestSupport
import Testing

@Suite("Reading GGUF")
struct GGUFTests {
  @Test("a tiny model of every family opens", arguments: ["llama", "qwen2", "gemma3"])
  func tinyModels(family: String) throws {
    let path = try TinyModel.write(architecture: family, in: TemporaryFolder())
    let file = try GGUF.open(path)
    #expect(try file.metadata.string("general.architecture") == family)
    let embedding = try file.tensor("token_embd.weight").matrix()
    #expect(embedding.rows == TinyVocabulary.bytePairs.tokens.count)
    #expect(embedding.columns == 64)
  }
}
