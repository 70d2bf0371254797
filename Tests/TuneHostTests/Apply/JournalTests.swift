import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct JournalTests {
  @Test func aRecordSurvivesAnyBytes() throws {
    let bytes = [UInt8](0...255)
    let record = JournalRecord("step", [("path", "/a b=c%20\n")]).adding("before", bytes)
    let line = record.line
    #expect(line.dropLast().allSatisfy { $0 >= 32 && $0 < 127 })
    let read = try #require(JournalRecord(line: line.dropLast()))
    #expect(read == record)
  }

  @Test func aChangedByteIsNoticed() {
    let line = Array(JournalRecord("commit", [("n", "1")]).line.dropLast())
    for index in line.indices {
      var damaged = line
      damaged[index] ^= 4
      #expect(JournalRecord(line: damaged) == nil)
    }
  }

  @Test(arguments: ["vcpu 3 0-7", "emulator 1,5", "iothread 1 2", "memory 0"])
  func aLiveCallIsReadBack(words: String) {
    #expect(LiveCall(words: words)?.words == words)
  }

  @Test func theChecksumIsThatOfZip() {
    #expect(CRC32.of("123456789".utf8) == 0xCBF4_3926)
  }
}
