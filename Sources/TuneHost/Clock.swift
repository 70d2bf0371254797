// The time, as text: the only place that asks for it.

import Glibc

/// The current time.
public enum Clock {
  /// RFC 3339 UTC, whole seconds: `2026-01-31T12:00:00Z`.
  public static func now() -> String { format(time(nil)) }

  /// Today in UTC, `YYYY-MM-DD`.
  public static func today() -> String { String(now().prefix(10)) }

  /// Seconds that passed since some moment, for durations.
  public static func seconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int(now.tv_sec)
  }

  /// Minutes since midnight on the host's clock.
  public static func localMinutes() -> Int {
    var seconds = time(nil)
    var parts = tm()
    guard localtime_r(&seconds, &parts) != nil else { return 0 }
    return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
  }

  /// Seconds since the epoch as RFC 3339 UTC.
  public static func format(_ seconds: time_t) -> String {
    var seconds = seconds
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "1970-01-01T00:00:00Z" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let year = String(parts.tm_year + 1900)
    let padded = String(repeating: "0", count: max(0, 4 - year.count)) + year
    return "\(padded)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}
