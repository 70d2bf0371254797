// What is said of a baseline that can't be read or kept.

import Glibc
import TestSupport
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct BaselineStoreTests {
  private let tree = TemporaryTree()
  private let host = HostIdentity(
    Snapshot(files: ["/proc/sys/kernel/hostname": .text("node7\n")]))
  private var store: BaselineStore { BaselineStore(stateDirectory: tree.path + "/state") }
  /// The baseline's file, below the tree.
  private var file: String { String(store.file(for: host).dropFirst(tree.path.count)) }

  private func failure(_ body: () throws -> Void) -> Failure? {
    #expect(throws: Failure.self) { try body() }
  }

  @Test func whatIsNoFileIsNoBaseline() {
    tree.directory(file)
    let error = failure { _ = try store.load(host) }
    #expect(error?.status == .malformed)
    #expect(error?.messages == ["\(tree.path)\(file):1:1: this is no baseline file"])
  }

  @Test func aBaselineThatCanNotBeOpenedOrReadIsNamed() {
    tree.link(file, to: tree.path + file)
    let endless = failure { _ = try store.load(host) }
    #expect(endless?.status == .ioError)
    #expect(
      endless?.messages == ["cannot read '\(tree.path)\(file)': Too many levels of symbolic links"])
    unlink(tree.path + file)
    tree.link(file, to: "/proc/self/mem")
    let broken = failure { _ = try store.load(host) }
    #expect(broken?.status == .ioError)
    #expect(broken?.messages == ["cannot read '\(tree.path)\(file)': Input/output error"])
  }

  @Test func aDirectoryThatCanNotBeMadeIsNamed() {
    tree.write("/state", "")
    let memory = DriftMemory(baselineSavedAt: "")
    let error = failure { try store.remember(memory, of: host) }
    #expect(error?.status == .cannotCreate)
    #expect(
      error?.messages == [
        "cannot make directory '\(tree.path)/state/baselines': Not a directory",
        "  --state-dir names another place.",
      ])
  }

  @Test func whoWaitsTooLongLearnsWhichLockIsHeld() throws {
    try store.alone {
      let error = failure { try store.alone(attempts: 2) {} }
      #expect(error?.status == .busy)
      #expect(
        error?.messages == ["another tuned-vm drift holds '\(tree.path)/state/baselines/lock'"])
    }
    try store.alone(attempts: 2) {}
  }
}

@Suite struct NamedFileTests {
  private let tree = TemporaryTree()

  private func failure(_ body: () throws -> Void) -> Failure? {
    #expect(throws: Failure.self) { try body() }
  }

  @Test func aFileThatIsTooLargeIsNotReadToItsEnd() throws {
    tree.write("/a", bytes: [UInt8](repeating: 32, count: 1 << 20 | 1))
    let error = failure { _ = try InputFile.read(tree.path + "/a", limit: 1 << 20) }
    #expect(error?.status == .malformed)
    #expect(error?.messages == ["\(tree.path)/a:1:1: the file is larger than 1 MiB"])
    #expect(try InputFile.read(tree.path + "/a", limit: 1 << 21).count == 1 << 20 | 1)
  }

  @Test func aResultGoesIntoNoSocket() {
    mknod(tree.path + "/socket", S_IFSOCK | 0o600, 0)
    let error = failure { try OutputFile.replace(tree.path + "/socket", with: "x") }
    #expect(error?.status == .cannotCreate)
    #expect(
      error?.messages == ["cannot open '\(tree.path)/socket': No such device or address"])
  }

  @Test func aResultWithoutADirectoryIsTold() {
    let error = failure { try OutputFile.replace(tree.path + "/no/file", with: "x") }
    #expect(error?.status == .cannotCreate)
    #expect(error?.messages == ["cannot create '\(tree.path)/no/file': No such file or directory"])
  }

  @Test func aHostWithoutNodesIsTold() {
    let error = failure { _ = try NodeNames.read(root: tree.path) }
    #expect(error?.status == .malformed)
    #expect(
      error?.messages == [
        "the host's NUMA nodes are not known: no /sys/devices/system/node/online"
      ])
  }

  @Test func noCommandIsNoProgram() {
    let error = failure { _ = try ChildProcess.run([], keepsOutput: false) }
    #expect(error?.status == .usage)
    #expect(error?.messages == ["there is no command to run"])
  }
}
