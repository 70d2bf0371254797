import Glibc
import TestSupport
import Testing
import TuneKit

@testable import TuneHost

@Suite struct HwlocTests {
  let tree = TemporaryTree()

  private func objection() throws -> String? {
    var probe = SnapshotProbe(try Root(tree.path))
    return probe.readForHwloc(.plan())
  }

  /// Two nodes of two PUs.
  private func machine() {
    let system = "/sys/devices/system"
    tree.write("\(system)/cpu/online", "0-3\n")
    tree.write("\(system)/node/online", "0-1\n")
    for cpu in 0..<4 {
      let topology = "\(system)/cpu/cpu\(cpu)/topology"
      tree.write("\(topology)/physical_package_id", "\(cpu / 2)\n")
      tree.write("\(topology)/core_id", "\(cpu % 2)\n")
      tree.write("\(topology)/core_siblings", "\(cpu < 2 ? "3" : "c")\n")
      tree.write("\(topology)/thread_siblings", "\(String(1 << cpu, radix: 16))\n")
    }
    for node in 0..<2 {
      tree.write("\(system)/node/node\(node)/cpumap", "\(node == 0 ? "3" : "c")\n")
      tree.write("\(system)/node/node\(node)/meminfo", "Node \(node) MemTotal: 1024 kB\n")
      tree.write("\(system)/node/node\(node)/distance", node == 0 ? "10 21\n" : "21 10\n")
    }
  }

  @Test func aTreeIsReadInsteadOfThisMachine() throws {
    machine()
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    let hwloc = try #require(snapshot.hwloc.value)
    #expect(hwloc.pus == [0, 1, 2, 3])
    #expect(hwloc.packages == [[0, 1], [2, 3]])
    #expect(hwloc.cores == [[0], [1], [2], [3]])
    #expect(hwloc.nodes.map(\.id) == [0, 1])
    #expect(hwloc.nodes.map(\.cpus) == [[0, 1], [2, 3]])
    #expect(hwloc.nodes.map(\.memoryBytes) == [1 << 20, 1 << 20])
    #expect(snapshot.libnuma.value == nil)
  }

  @Test func anEmptyTreeGivesNoAnswer() throws {
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(snapshot.hwloc.value == nil)
  }

  @Test func aTreeOfRelativeLinksIsFine() throws {
    machine()
    tree.link("/sys/devices/system/cpu/cpu0/node0", to: "../../node/node0")
    tree.link("/sys/class/net/eth0", to: "../../devices/pci/net/eth0")
    tree.link("/proc/mounts", to: "self/mounts")
    #expect(try objection() == nil)
  }

  @Test func aFIFOKeepsHwlocOut() throws {
    machine()
    tree.fifo("/sys/devices/system/node/node0/cpulist")
    #expect(
      try objection()
        == "/sys/devices/system/node/node0/cpulist is a FIFO, not a regular file")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(snapshot.hwloc.missingReason?.hasPrefix("was not asked: ") == true)
  }

  @Test(arguments: [
    "/etc/shadow", "../../../../../../etc/shadow", "../../etc", "a/../../..", "../..",
  ])
  func aLinkThatLeavesKeepsHwlocOut(_ target: String) throws {
    tree.link("/sys/bad", to: target == "../.." ? "../.." : target)
    #expect(try objection()?.hasPrefix("/sys/bad is a") == true)
  }

  @Test func aHugeNumberKeepsHwlocOut() throws {
    tree.write("/sys/devices/system/cpu/online", "0-4294967295\n")
    #expect(try objection() == "/sys/devices/system/cpu/online has too high a number")
    tree.write("/sys/devices/system/cpu/online", "0\n")
    tree.directory("/sys/devices/system/cpu/cpu4294967295")
    #expect(
      try objection() == "/sys/devices/system/cpu/cpu4294967295 has too high a number")
  }

  @Test func aCgroupMountedOutsideKeepsHwlocOut() throws {
    machine()
    tree.write("/proc/mounts", "cgroup2 /../../sys/fs/cgroup cgroup2 rw 0 0\n")
    #expect(try objection() == "/proc/mounts puts a cgroup elsewhere than below /sys")
  }

  @Test func thisMachineHasTheNodesThatLibnumaNames() throws {
    let hwloc = try #require(HwlocProbe.live().value)
    guard let libnuma = NumaProbe.live().value else { return }
    #expect(hwloc.nodes.map(\.id) == libnuma.map(\.id))
    #expect(libnuma.allSatisfy { $0.distances[$0.id] == 10 })
  }

  @Test func udevsDatabaseOfTheTreeIsCheckedToo() throws {
    machine()
    tree.fifo("/run/udev/data/b8:0")
    #expect(try objection() == "/run/udev/data/b8:0 is a FIFO, not a regular file")
  }

  @Test func aMaskBesideAListThatWasReadIsLookedAtToo() throws {
    machine()
    // The plan wants the first of the two that can be read; hwloc takes the other.
    let cache = "/sys/devices/system/cpu/cpu0/cache/index3"
    tree.write("\(cache)/shared_cpu_list", "0-1\n")
    tree.write("\(cache)/shared_cpu_map", "3\n")
    #expect(try objection() == nil)
    truncate(tree.path + cache + "/shared_cpu_map", 1 << 30)
    #expect(try objection() == "\(cache)/shared_cpu_map is larger than 4 MiB")
  }

  @Test func aLinkInPlaceOfSysKeepsHwlocOut() throws {
    tree.write("/elsewhere/devices/system/cpu/online", "0\n")
    tree.link("/sys", to: "elsewhere")
    #expect(try objection() == "/sys is no directory")
  }

  @Test func aMaskWithoutEndKeepsHwlocOut() throws {
    machine()
    let mask = "/sys/devices/system/cpu/cpu0/topology/core_siblings"
    truncate(tree.path + mask, 1 << 30)
    #expect(try objection() == "\(mask) is larger than 4 MiB")
  }
}
