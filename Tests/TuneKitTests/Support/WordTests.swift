// Globs, near words, sizes, days.

import Testing

@testable import TuneKit

@Suite struct WordTests {
  @Test(arguments: [
    ("*", "", true), ("io.*", "io.readahead", true), ("io.*", "iox", false), ("a?c", "abc", true),
    ("a?c", "ac", false), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[", "[", true),
    ("*a*b*c*", "xxaxxbxxc", true), ("*a*b*c*d", "xxaxxbxxc", false), ("", "", true),
    ("a**b", "ab", true), ("A", "a", false), ("db-*", "db-1", true), ("[]x]", "]", true),
  ])
  func globsMatchWhole(pattern: String, text: String, expected: Bool) {
    #expect(Glob(pattern).matches(text) == expected)
  }

  @Test func manyStarsStayQuick() {
    let pattern = String(repeating: "*a", count: 200)
    #expect(!Glob(pattern).matches(String(repeating: "a", count: 199) + "b"))
  }

  @Test func theNearestWordIsFound() {
    let words = ["general", "db", "latency", "secure"]
    #expect(Nearest.match("genral", in: words) == "general")
    #expect(Nearest.match("bd", in: words) == "db")
    #expect(Nearest.match("SECURE", in: words) == "secure")
    #expect(Nearest.match("zzz", in: words) == nil)
    #expect(Nearest.match("", in: words) == nil)
  }

  @Test func sizesHaveBinaryUnits() {
    #expect(ByteSize("2MiB")?.bytes == 2_097_152)
    #expect(ByteSize("1 GiB")?.kib == 1_048_576)
    #expect(ByteSize("1 gig") == nil)
    #expect(ByteSize("99999999999TiB") == nil)
    #expect(ByteSize("-1MiB") == nil)
    #expect(ByteSize(bytes: 3 << 30).description == "3GiB")
  }

  @Test func daysAreChecked() {
    #expect(CalendarDay.isValid("2024-02-29"))
    #expect(!CalendarDay.isValid("2023-02-29"))
    #expect(!CalendarDay.isValid("2023-13-01"))
    #expect(!CalendarDay.isValid("23-01-01"))
  }

  @Test func controlsAreShownNotSent() {
    #expect("a\u{1b}[31m\u{202e}".printable == "a\\u{1b}[31m\\u{202e}")
    #expect(
      String(repeating: "x", count: 100).quoted() == "'\(String(repeating: "x", count: 80))…'")
  }
}
