import ModelStore
import Testing

@Suite("Sizes as a person reads them")
struct ByteCountTests {
  @Test(
    "The unit grows with the size, and rounding never shows four digits",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
      (1_250_000, "1.3 MB"), (9_949_999, "9.9 MB"), (9_950_000, "10 MB"),
      (98_362_432, "98 MB"), (999_499_999, "999 MB"), (999_500_000, "1.0 GB"),
      (1_117_320_768, "1.1 GB"), (24_000_000_000, "24 GB"),
    ])
  func descriptions(count: Int, text: String) {
    #expect(ByteCount(count).description == text)
  }
}
