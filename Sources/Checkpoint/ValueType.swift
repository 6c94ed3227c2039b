/// The types of metadata values, numbered as in GGUF (`gguf_metadata_value_type`).
enum ValueType: UInt32 {
  case uint8 = 0
  case int8 = 1
  case uint16 = 2
  case int16 = 3
  case uint32 = 4
  case int32 = 5
  case float32 = 6
  case bool = 7
  case string = 8
  case list = 9
  case uint64 = 10
  case int64 = 11
  case float64 = 12

  /// Bytes of a value, or of the least that one can take where they differ in size.
  var size: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .string: 8
    case .list: 12
    }
  }

  /// The type of an integer of Swift.
  init<Value: FixedWidthInteger>(_ type: Value.Type) {
    self =
      switch (Value.bitWidth, Value.isSigned) {
      case (8, false): .uint8
      case (8, true): .int8
      case (16, false): .uint16
      case (16, true): .int16
      case (32, false): .uint32
      case (32, true): .int32
      case (64, false): .uint64
      case (64, true): .int64
      default: preconditionFailure("GGUF has no integers of \(Value.bitWidth) bits")
      }
  }
}
