import Testing

@testable import TuneKit

@Suite struct KnobTargetTests {
  @Test func whatTheKernelNeverGivesIsNoAnswer() {
    #expect(KnobTarget.equal("0").accepts("") == nil)
    #expect(KnobTarget.equal("0").accepts("garbage") == nil)
    #expect(KnobTarget.equal("0").accepts("1") == false)
    #expect(KnobTarget.equal("4096 16384 4194304").accepts("4096 16384") == nil)
    #expect(KnobTarget.oneOf(["madvise", "never"]).accepts("-5") == nil)
    #expect(KnobTarget.oneOf(["madvise", "never"]).accepts("always") == false)
  }

  @Test func textsOfAnyKindAreEqualToThemselves() {
    #expect(KnobTarget.equal("|/usr/lib/core %p").accepts("|/usr/lib/core %p") == true)
    #expect(KnobTarget.equal("0-3").accepts("0-3") == true)
    #expect(KnobTarget.equal("Y").accepts("1") == true)
  }
}
