/// The time that `strftime_now` tells: of the run, so that a conversation is always written alike.
public struct Clock: Sendable, Hashable {
  /// Seconds since 1970-01-01 00:00 UTC.
  public let seconds: Int

  /// A time.
  ///
  /// - Parameter seconds: Seconds since 1970-01-01 00:00 UTC, within ten thousand years.
  public init(seconds: Int) {
    self.seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
  }

  private static let days = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  /// Days since 1970.
  private var day: Int { Int((Double(seconds) / 86400).rounded(.down)) }

  /// Year, month from 1, and day of the month from 1, in the Gregorian calendar.
  private var date: (year: Int, month: Int, day: Int) {
    // Days since 0000-03-01; an era is 400 years.
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  /// Days since the first of January.
  private var dayOfYear: Int {
    let (year, month, day) = date
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    return before[month - 1] + day - 1 + (isLeap && month > 2 ? 1 : 0)
  }

  /// The time in a form as C's `strftime` has them, in UTC and English.
  func text(_ format: Text) -> Text {
    var text = Text()
    var isField = false
    for scalar in format.scalars {
      if isField {
        text.append(field(scalar))
        isField = false
      } else if scalar == "%" {
        isField = true
      } else {
        text.append(scalar)
      }
    }
    if isField { text.append("%") }
    return text
  }

  private func field(_ kind: Unicode.Scalar) -> String {
    func padded(_ value: Int, _ width: Int = 2, with fill: String = "0") -> String {
      let digits = String(value)
      return String(repeating: fill, count: max(width - digits.utf8.count, 0)) + digits
    }
    let (year, month, dayOfMonth) = date
    let second = seconds - day * 86400
    let hour = second / 3600
    let twelve = (hour + 11) % 12 + 1
    // From Monday.
    let weekday = ((day + 3) % 7 + 7) % 7
    func together(_ format: Text) -> String { text(format).string }
    return switch kind {
    case "a": String(Clock.days[weekday].prefix(3))
    case "A": Clock.days[weekday]
    case "b", "h": String(Clock.months[month - 1].prefix(3))
    case "B": Clock.months[month - 1]
    case "c": together("%a %b %e %H:%M:%S %Y")
    case "C": padded(year / 100)
    case "d": padded(dayOfMonth)
    case "D", "x": together("%m/%d/%y")
    case "e": padded(dayOfMonth, with: " ")
    case "f": "000000"
    case "F": together("%Y-%m-%d")
    case "H": padded(hour)
    case "I": padded(twelve)
    case "j": padded(dayOfYear + 1, 3)
    case "k": padded(hour, with: " ")
    case "l": padded(twelve, with: " ")
    case "m": padded(month)
    case "M": padded(second / 60 % 60)
    case "n": "\n"
    case "p": hour < 12 ? "AM" : "PM"
    case "P": hour < 12 ? "am" : "pm"
    case "r": together("%I:%M:%S %p")
    case "R": together("%H:%M")
    case "s": String(seconds)
    case "S": padded(second % 60)
    case "t": "\t"
    case "T", "X": together("%H:%M:%S")
    case "u": String(weekday + 1)
    case "U": padded((dayOfYear + 7 - (weekday + 1) % 7) / 7)
    case "w": String((weekday + 1) % 7)
    case "W": padded((dayOfYear + 7 - weekday) / 7)
    case "y": padded(year % 100)
    case "Y": padded(year, 1)
    case "z", "Z": ""
    case "%": "%"
    default: "%" + String(kind)
    }
  }
}
