import Glibc
import TestSupport
import Testing
import TuneKit

@testable import TuneHost

@Suite struct RootTests {
  let tree = TemporaryTree()

  @Test func aFileIsReadByTheHostsPath() throws {
    tree.write("/proc/cmdline", "quiet\n")
    #expect(try Root(tree.path).read("/proc/cmdline") == .text("quiet\n"))
    #expect(try Root(tree.path).read("/proc/nothing") == nil)
  }

  @Test func anAbsoluteLinkStartsAtTheRoot() throws {
    tree.write("/etc/passwd", "mine")
    tree.link("/sys/a", to: "/etc/passwd")
    #expect(try Root(tree.path).read("/sys/a") == .text("mine"))
    #expect(try Root(tree.path).target(ofLink: "/sys/a") == "/etc/passwd")
  }

  @Test func aTreeThatNeverEndsIsNotRead() throws {
    tree.write("/a", bytes: [UInt8](repeating: 10, count: 15 << 20))
    let root = try Root(tree.path)
    for _ in 0..<34 { _ = root.read("/a", limit: Root.domainLimit) }
    #expect(
      root.read("/a", limit: Root.domainLimit)
        == .missing("everything read so far is larger than 512 MiB"))
  }

  @Test func aDirectoryOfTooManyNamesIsNotListed() throws {
    let many = TemporaryTree(inMemory: true)
    for number in 0...Directory.nameLimit { close(creat("\(many.path)/\(number)", 0o600)) }
    #expect(throws: Refusal.refused("holds more than 65536 names")) {
      try Root(many.path).top.list()
    }
  }

  @Test func noLinkLeadsOutside() throws {
    tree.link("/sys/shadow", to: "/etc/shadow")
    tree.link("/sys/up", to: "../../../../../../../../etc/hostname")
    tree.link("/sys/etc", to: "../../../../../../../etc")
    let root = try Root(tree.path)
    #expect(root.read("/sys/shadow") == nil)
    #expect(root.read("/sys/up") == nil)
    #expect(root.read("/sys/etc/hostname") == nil)
    #expect(root.list("/sys/etc") == nil)
  }

  @Test func aCircleOfLinksEnds() throws {
    tree.link("/a", to: "b")
    tree.link("/b", to: "a")
    tree.link("/c/c", to: "../c/c/c")
    let root = try Root(tree.path)
    #expect(root.read("/a") == .missing("a circle of links"))
    #expect(root.read("/c/c") == .missing("a circle of links"))
  }

  @Test func aLinkThatClimbsIsResolvedFromWhereItReallyIs() throws {
    tree.write("/sys/devices/pci/0/block/sda/queue/scheduler", "[none]\n")
    tree.write("/sys/devices/pci/0/vendor", "0x8086\n")
    tree.link("/sys/block/sda", to: "../devices/pci/0/block/sda")
    tree.link("/sys/devices/pci/0/block/sda/device", to: "../../../0")
    let root = try Root(tree.path)
    #expect(root.read("/sys/block/sda/queue/scheduler") == .text("[none]\n"))
    #expect(root.read("/sys/block/sda/device/vendor") == .text("0x8086\n"))
    #expect(root.target(ofLink: "/sys/block/sda/device") == "/sys/devices/pci/0")
  }

  @Test func onlyRegularFilesAreRead() throws {
    tree.fifo("/sys/fifo")
    tree.directory("/sys/dir")
    let root = try Root(tree.path)
    #expect(root.read("/sys/fifo") == .missing("is a FIFO, not a regular file"))
    #expect(root.read("/sys/dir") == .missing("is a directory, not a file"))
  }

  @Test func aFileOfFourMebibytesIsReadAndALargerOneIsNot() throws {
    tree.write("/fits", String(repeating: "x", count: 4 << 20))
    tree.write("/sparse", "")
    truncate(tree.path + "/sparse", 1 << 30)
    let root = try Root(tree.path)
    guard case .text(let text) = root.read("/fits") else {
      Issue.record("not read")
      return
    }
    #expect(text.utf8.count == 4 << 20)
    #expect(root.read("/sparse") == .missing("is larger than 4 MiB"))
  }

  @Test func aFileWithoutASizeIsReadToItsEnd() throws {
    // procfs gives 0 for the size and hands out pages.
    guard case .text(let text) = try Root("/").read("/proc/self/smaps") else {
      Issue.record("not read")
      return
    }
    #expect(text.hasSuffix("\n"))
    #expect(text.utf8.count > 8192)
  }

  @Test func aMissingRootIsAnInputError() {
    #expect(throws: ProbeError.self) { try Root("/nonexistent") }
  }
}
