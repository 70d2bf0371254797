// Days as `YYYY-MM-DD`: checked when read, compared as text.

/// Reads days of the proleptic Gregorian calendar.
public enum CalendarDay {
  /// Whether the text is a day that exists, `YYYY-MM-DD`.
  public static func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
      let day = number(bytes[8..<10]), year > 0, (1...12).contains(month), day > 0
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return day <= lengths[month - 1]
  }

  /// Days since 1970-01-01; nil where the text is no day.
  public static func number(of text: String) -> Int? {
    guard isValid(text) else { return nil }
    let parts = text.split(separator: "-").compactMap { Int($0) }
    let (month, day) = (parts[1], parts[2])
    // Years begin in March, so that the leap day is the last one.
    let year = month <= 2 ? parts[0] - 1 : parts[0]
    let era = year / 400
    let ofEra = year - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }
}
