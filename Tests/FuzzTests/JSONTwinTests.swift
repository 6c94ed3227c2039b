import Foundation
import Fuzzers
import JSON
import TestSupport
import Testing

/// Foundation's reader of JSON is an independent twin: what one of the two reads, so does the other,
/// but for what this one bounds.
@Suite("JSON beside Foundation's reader")
struct JSONTwinTests {
  private struct Tree: Decodable {
    let value: JSONValue

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        value = .null
      } else if let flag = try? container.decode(Bool.self) {
        value = .bool(flag)
      } else if let number = try? container.decode(Double.self) {
        value = .number(number)
      } else if let string = try? container.decode(String.self) {
        value = .string(string)
      } else if let elements = try? container.decode([Tree].self) {
        value = .array(elements.map(\.value))
      } else {
        value = .object(try container.decode([String: Tree].self).mapValues(\.value))
      }
    }
  }

  @Test("mutants are read by both or by none, and then alike")
  func twins() throws {
    let mutation = Mutation(.json)
    var random = SeededGenerator(seed: 7)
    var read = 0
    for _ in 0..<4000 {
      let bytes = mutation.mutant(using: &random)
      // Foundation guesses other encodings from zeros and marks.
      guard !bytes.contains(0), !bytes.starts(with: [0xEF]), !bytes.starts(with: [0xFE]),
        !bytes.starts(with: [0xFF])
      else { continue }
      let other = (try? JSONDecoder().decode(Tree.self, from: Data(bytes)))?.value
      do throws(JSONFault) {
        let value = try JSONValue(parsing: bytes)
        // Foundation refuses numbers that are too small for float64; here they are 0.
        if other == nil, String(decoding: bytes, as: UTF8.self).contains("e-") { continue }
        read += 1
        #expect(value == other, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
      } catch {
        let isBound = ["twice", "depth", "over 400", "the number"]
          .contains { error.found.contains($0) }
        #expect(
          other == nil || isBound,
          "\(error) in \(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
    #expect(read > 100)
  }
}
