import Testing

@testable import TuneKit

@Suite struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
    (1_795_534_646, "2026-11-24T15:37:26Z"), (-1, "1969-12-31T23:59:59Z"),
    (253_402_300_799, "9999-12-31T23:59:59Z"),
  ])
  func secondsAndTextAgree(seconds: Int, text: String) {
    #expect(Timestamp.text(seconds) == text)
    #expect(Timestamp.seconds(text) == seconds)
  }

  @Test(arguments: [
    "", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00.Z",
  ])
  func anotherTextIsNoTime(text: String) {
    #expect(Timestamp.seconds(text) == nil)
  }

  @Test func everyDayOfFourCenturiesComesBack() {
    for day in stride(from: -200_000, to: 400_000, by: 7) {
      #expect(Timestamp.seconds(Timestamp.text(day * 86_400 + 86_399)) == day * 86_400 + 86_399)
    }
  }
}
