// Each changing call fails in turn, stops short, or is the last before the process dies; after
// recover the tree is as before or as after, never a third.

import Glibc
import TestSupport
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct FaultTests {
  /// The tree before and after, and how many changing calls lie between.
  private func course() throws -> (before: [String: String], after: [String: String], calls: Int) {
    let stage = Stage()
    let before = stage.tree.contents()
    let system = System()
    _ = try #require(stage.apply(system))
    return (before, stage.tree.contents(), system.calls)
  }

  @Test(arguments: [EIO, ENOSPC])
  func aCallThatFailsLeavesEverythingAsItWas(code: Int32) throws {
    let (before, after, calls) = try course()
    #expect(calls > 60)
    for number in 1...calls {
      let stage = Stage()
      let outcome = stage.apply(System { n, _, _ in n == number ? .error(code) : nil })
      let now = stage.tree.contents()
      if outcome?.ending == .done {
        #expect(now == after, "call \(number)")
      } else {
        #expect(now == before, "call \(number): \(String(describing: outcome?.ending))")
      }
      try stage.recover()
      #expect(stage.tree.contents() == now, "recover after call \(number)")
    }
  }

  @Test func interruptedAndShortCallsGoOn() throws {
    let (_, after, calls) = try course()
    for number in 1...calls {
      var interrupted = false
      let stage = Stage()
      let outcome = stage.apply(
        System { n, call, _ in
          if n == number, !interrupted {
            interrupted = true
            return .error(EINTR)
          }
          return call == "write" && n == number + 1 ? .short : nil
        })
      #expect(outcome?.ending == .done, "call \(number)")
      #expect(stage.tree.contents() == after, "call \(number)")
    }
  }

  @Test func aKilledRunIsFinishedByRecover() throws {
    let (before, after, calls) = try course()
    for number in 1...calls {
      let stage = Stage()
      _ = stage.apply(System { n, _, _ in n == number ? .death : nil })
      try stage.recover()
      let now = stage.tree.contents()
      let committed = History.read(stage.state).past.first?.state == "committed"
      #expect(now == (committed ? after : before), "killed at call \(number)")
      #expect(!History.hasUnfinished(stage.state))
    }
  }

  @Test func aRollbackKilledHalfWayIsFinishedByRecover() throws {
    let (before, after, _) = try course()
    var number = 0
    while true {
      number += 1
      let stage = Stage()
      _ = stage.apply()
      let system = System { n, _, _ in n == number ? .death : nil }
      do {
        let session = try Session(stage.state, command: "test", now: "T", system: system)
        _ = try session.rollback(nil, now: "T", force: false)
      } catch {}
      let wasCut = system.isDead
      try stage.recover()
      let state = History.read(stage.state).past.first?.state
      let expected = state == "committed" ? after : before
      #expect(stage.tree.contents() == expected, "killed at call \(number)")
      if !wasCut { break }
    }
    #expect(number > 30)
  }

  @Test func recoverItselfMayBeKilled() throws {
    let (before, _, calls) = try course()
    for number in stride(from: 1, through: 60, by: 3) {
      let stage = Stage()
      _ = stage.apply(System { n, _, _ in n == calls - 5 ? .death : nil })
      let system = System { n, _, _ in n == number ? .death : nil }
      _ = try? Session(stage.state, command: "test", now: "T", system: system).recover(now: "T")
      try stage.recover()
      #expect(stage.tree.contents() == before, "recover killed at call \(number)")
    }
  }

  @Test func aDamagedJournalIsNamedAndNotTrusted() throws {
    let stage = Stage()
    _ = stage.apply()
    let path = stage.state.file(of: 1)
    let after = stage.tree.contents()
    var bytes = try #require(JournalFile.read(path))
    bytes[bytes.count / 2] ^= 1
    stage.stateTree.write("/state/transactions/000001.journal", bytes: bytes)
    let session = try Session(stage.state, command: "test", now: "T")
    do {
      _ = try session.rollback(nil, now: "T", force: false)
      Issue.record("a damaged journal was trusted")
    } catch {
      #expect(error.status == .malformed)
      #expect(error.messages[0].hasPrefix(path + ":"))
    }
    #expect(stage.tree.contents() == after)
  }
}
