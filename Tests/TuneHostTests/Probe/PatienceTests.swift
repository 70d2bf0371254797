import Glibc
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct PatienceTests {
  @Test func anAnswerInTimeIsTaken() {
    #expect(Patience.result(within: 5000) { 42 } == 42)
  }

  @Test func aCallThatNeverComesBackIsLeft() {
    let answer = Patience.result(within: 50) {
      sleep(2)
      return 1
    }
    #expect(answer == nil)
  }

  @Test func aProgramIsKilledAfterItsTime() {
    let late = BoundedCommand.output(of: ["/bin/sleep", "5"], within: 100, limit: 100)
    guard case .failure(let failure) = late else {
      Issue.record("it was waited for")
      return
    }
    #expect(failure.reason.contains("no whole answer"))
  }

  @Test func aProgramsOutputIsRead() throws {
    #expect(
      try BoundedCommand.output(of: ["/bin/echo", "a b"], within: 5000, limit: 100).get()
        == "a b\n")
    for (program, reason) in [("/bin/false", "failed"), ("/no/such", "could not be started")] {
      let failure = #expect(throws: BoundedCommand.Failure.self) {
        try BoundedCommand.output(of: [program], within: 5000, limit: 100).get()
      }
      #expect(failure?.reason == reason)
    }
  }

  @Test func zfsLinesBecomeDatasets() {
    let text = "tank/vm1\ttype\tvolume\ntank/vm1\tvolblocksize\t16384\ntank/vm1\tatime\t-\n"
    #expect(
      ZFSProbe.document(text).text()
        == #"{"datasets":[{"name":"tank/vm1","type":"volume","volblocksize":"16384"}]}"#)
  }
}
