// A journal outlives the program that wrote it.

import Glibc
import TestSupport
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct OldJournalTests {
  private static let fixture =
    SchemaCheck.packageRoot.path + "/Tests/Fixtures/journals/v1.journal"

  /// The tree that the fixture speaks of, as its transaction left it.
  private func tree(_ file: JournalFile) throws -> TemporaryTree {
    let tree = TemporaryTree(at: "/tmp/tuned-vm-test-journal-v1")
    for entry in file.steps {
      guard case .file(let path, _, _, let after) = entry.step else { continue }
      tree.write(path.path, bytes: after)
    }
    return tree
  }

  @Test func aJournalOfVersion1IsStillRolledBack() throws {
    let bytes = try #require(JournalFile.read(Self.fixture))
    let file = try JournalFile(1, bytes, path: Self.fixture)
    #expect(file.header["version"] == "1" && file.state == .committed)
    let tree = try tree(file)
    let pages = "/sys/kernel/mm/transparent_hugepage/enabled"
    #expect(tree.text(pages) == "always [madvise] never\n")
    let state = TemporaryTree()
    state.write("/s/transactions/000001.journal", bytes: bytes)
    let session = try Session(StateDirectory(state.path + "/s"), command: "test", now: "T")
    let done = try session.rollback(nil, now: "T", force: false)
    #expect(done.left.isEmpty && done.undone > 2)
    #expect(tree.text(pages) == "[always] madvise never\n")
    #expect(tree.text("/etc/sysctl.d/60-tuned-vm.conf") == nil)
    let guest = try #require(tree.text("/etc/libvirt/qemu/web1.xml"))
    #expect(guest.contains("writethrough") && guest.contains("topsecr"))
    #expect(History.read(StateDirectory(state.path + "/s")).past.first?.state == "rolled back")
  }

  @Test func aJournalThatIsDamagedInTheMiddleIsNotTrusted() {
    let line = JournalRecord("tuned-vm-journal", [("version", "1"), ("id", "1")]).line
    let failure = #expect(throws: Failure.self) {
      try JournalFile(1, line + Array("x\n".utf8) + line, path: "x")
    }
    #expect(failure?.status == .malformed)
    #expect(
      failure?.messages == [
        "x:2:1: the journal is damaged here",
        "  nothing was changed; what stands before this line is still readable.",
      ])
  }

  @Test func aJournalOfALaterVersionIsNotTrusted() throws {
    let line = JournalRecord("tuned-vm-journal", [("version", "99"), ("id", "1")]).line
    let failure = #expect(throws: Failure.self) { try JournalFile(1, line, path: "x") }
    #expect(failure?.status == .malformed)
    #expect(failure?.messages == ["x:1:1: no journal of a version this program knows"])
  }
}
