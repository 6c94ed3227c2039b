import JSON

extension Fuzzer {
  /// JSON, by both rules.
  public static let json = Fuzzer(
    "json", rounds: 3000,
    seeds: [
      #"{"a":[1,-2.5e3,true,false,null],"b":{"ü\n\u00e4\ud83d\ude00":"x"},"c":1e-6}"#,
      #" [ [ ] , { } , "" , 0 , "\\\"\/\b\f\n\r\t" ] "#, "\u{FEFF}{\"é中😀\":[[[{\"x\":[]}]]]}",
      #"{"rope_scaling":{"type":"linear","factor":2.0},"eps":1e-06,"ids":[1,2],"none":null}"#,
      "-0.5",
    ]
    .map { Array($0.utf8) },
    words: [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "\\u0000", "true",
      "false", "null", "NaN", "-Infinity", "1e400", "-", "0", "01", "1.", ".", "e", "E+",
      "[[[[[[[[",
      "{\"a\":{\"a\":", "\"a\":1,", "\u{FEFF}", "é", "😀", "\u{0}", "\t", "//", "'",
    ]
  ) { bytes in
    let strict = Result { try JSONValue(parsing: bytes) }
    let lenient = Result { try JSONValue(parsing: bytes, .python) }
    if case .success(let value) = strict, case .success(let other) = lenient {
      try FuzzFinding.unless(value == other, "Python's rules read something else")
    } else if case .success = strict {
      throw FuzzFinding("Python's rules refuse what the standard's read")
    }
    try bytes.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      let isPassed = (try? reader.skip()) != nil
      guard case .success = strict else { return }
      try FuzzFinding.unless(isPassed, "what is read is not passed over")
      try FuzzFinding.unless((try? reader.end()) != nil, "more is read than passed over")
    }
    let value = try strict.get()
    let again = try JSONValue(parsing: Array(text(of: value).utf8))
    try FuzzFinding.unless(again == value, "what is written is read otherwise")
  }

  /// A value as JSON.
  static func text(of value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let number): "\(number)"
    case .string(let string): quoted(string)
    case .array(let elements): "[\(elements.map(text).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\(quoted($0)):\(text(of: $1))" }.joined(separator: ","))}"
    }
  }

  private static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      if scalar.value < 0x20 || scalar == "\"" || scalar == "\\" {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
