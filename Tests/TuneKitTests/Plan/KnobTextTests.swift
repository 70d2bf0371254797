import Testing

@testable import TuneKit

@Suite struct KnobTextTests {
  @Test(arguments: [
    ("[none] mq-deadline kyber\n", "mq-deadline", "none [mq-deadline] kyber\n"),
    ("always [madvise] never\n", "never", "always madvise [never]\n"),
    ("N\n", "1", "Y\n"), ("Y", "0", "N"), ("60\n", "10", "10\n"),
    ("powersave\n", "performance", "performance\n"),
  ])
  func aWrittenKnobShowsWhatTheKernelWouldShow(current: String, value: String, shown: String) {
    #expect(KnobText.written(value, over: current) == shown)
  }

  @Test func aChoiceThatIsNotOfferedIsRefused() {
    #expect(KnobText.written("bfq", over: "[none] mq-deadline\n") == nil)
  }

  @Test(arguments: [
    ("Y", "1"), ("[none] kyber\n", "none"), ("0-3", "f"), ("0-3,8", "0,1,2,3,8"),
    ("10\n", "10"), ("4096\t131072 6291456\n", "4096 131072 6291456"),
  ])
  func oneValueIsOneValueHoweverItIsWritten(left: String, right: String) {
    #expect(KnobText.same(left, right))
    #expect(KnobText.same(right, left))
  }

  @Test(arguments: [("1", "0"), ("10", "16"), ("none", "kyber"), ("1", "f"), ("0-3", "0-4")])
  func differentValuesStayDifferent(left: String, right: String) {
    #expect(!KnobText.same(left, right))
  }
}
