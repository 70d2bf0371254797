import Testing

@testable import TuneKit

@Suite struct TopologyTests {
  private func topology(_ snapshot: Snapshot) -> Topology { Topology(snapshot) }

  @Test func anExampleHostHasItsShape() {
    let topology = topology(.exampleHost(nodes: 2, coresPerNode: 4, threads: 2))
    #expect(topology.online.value == CPUSet(0..<16))
    #expect(topology.packages == [0: CPUSet(list: "0-3,8-11"), 1: CPUSet(list: "4-7,12-15")])
    #expect(topology.cores.count == 8)
    #expect(topology.siblings(of: 9) == [1, 9])
    #expect(topology.l3Groups.map(\.cpus.description) == ["0-3,8-11", "4-7,12-15"])
    #expect(topology.l3Groups.first?.sizeKiB == 36_608)
    #expect(topology.nodes.map(\.distances) == [[0: 10, 1: 21], [0: 21, 1: 10]])
    #expect(topology.nodes.map(\.memoryKiB) == [67_108_864, 67_108_864])
    #expect(topology.nodes.first?.pools.map(\.pageSizeKiB) == [2048, 1_048_576])
    #expect(topology.cores.allSatisfy { $0.kind == nil })
    #expect(topology.node(of: 13) == 1)
    #expect(topology.disagreements.isEmpty)
  }

  @Test func aQuarterOfTreesHasNoOnlineFile() {
    let host = Snapshot.exampleHost().without("/sys/devices/system/cpu/online")
      .with("/sys/devices/system/cpu/cpu3/online", "0\n")
    let topology = topology(host)
    #expect(topology.online.value == CPUSet(0..<16).subtracting([3]))
    #expect(topology.siblings(of: 11) == [11])
  }

  @Test func cpusThatWereNeverStartedHaveNoTopology() {
    var host = Snapshot.exampleHost().without("/sys/devices/system/cpu/online")
    host.list("/sys/devices/system/cpu", ["cpu16", "cpu17", "cpufreq"])
    #expect(topology(host).online.value == CPUSet(0..<16))
  }

  @Test func withoutCPUDirectoriesTheProcessorsOfCpuinfoCount() {
    let host = Snapshot.exampleHost().without("/sys/devices/system/cpu")
    let topology = topology(host)
    #expect(topology.online.value == CPUSet(0..<16))
    #expect(topology.packages.count == 2)
    #expect(topology.cores.count == 8)
  }

  @Test func withNothingTheAnswerIsMissingAndNotZero() {
    let topology = topology(Snapshot())
    #expect(topology.online.value == nil)
    #expect(topology.online.unknownReason == "/sys/devices/system/cpu/online: no such file")
    #expect(topology.nodes.isEmpty && topology.cores.isEmpty && topology.allowed == nil)
  }

  @Test func aNodeWithoutListAndMapHasItsLinkedCPUs() {
    let node = "/sys/devices/system/node/node1"
    let host = Snapshot.exampleHost().without(node + "/cpulist")
      .withLink(node + "/cpu5", "/sys/devices/system/cpu/cpu5")
      .withLink(node + "/cpu13", "/sys/devices/system/cpu/cpu13")
    #expect(topology(host).nodes.last?.cpus == [5, 13])
  }

  @Test(arguments: ["f0f0\n", "0000f0f0\n\0", "00000000,0000f0f0\n", "0xf0f0"])
  func masksHaveManyForms(mask: String) {
    let node = "/sys/devices/system/node/node1"
    let host = Snapshot.exampleHost().without(node + "/cpulist").with(node + "/cpumap", mask)
    #expect(topology(host).nodes.last?.cpus.description == "4-7,12-15")
  }

  @Test func numbersAreSparseAndInterleaved() {
    let base = "/sys/devices/system/node"
    var host = Snapshot()
    host.set("/sys/devices/system/cpu/online", "0-15,88-103\n\0")
    host.set(base + "/online", "0-2,33\n")
    for (node, cpus) in [(0, "0-15:1/2"), (1, "1,3,5"), (2, "\n"), (33, "")] {
      host.set("\(base)/node\(node)/cpulist", cpus)
      host.set("\(base)/node\(node)/distance", "10 40 80 80\n")
    }
    let topology = topology(host)
    #expect(topology.nodes.map(\.id) == [0, 1, 2, 33])
    #expect(topology.nodes.first?.cpus.description == "0,2,4,6,8,10,12,14")
    #expect(topology.nodes.first?.distances == [0: 10, 1: 40, 2: 80, 33: 80])
    #expect(topology.nodes.last?.cpus.isEmpty == true)
    #expect(topology.nodes.last?.isFull == false)
  }

  @Test func offlineCPUsVanishFromEveryList() {
    let host = Snapshot.exampleHost().with("/sys/devices/system/cpu/online", "0-11\n")
    let topology = topology(host)
    #expect(topology.nodes.last?.cpus.description == "4-7")
    #expect(topology.siblings(of: 4) == [4])
    #expect(topology.l3Groups.last?.cpus.description == "4-7")
  }

  @Test func aCacheListThatLacksItsCPUIsIgnoredAndAnEmptyOneIsPrivate() {
    let host = Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 2)
      .with("/sys/devices/system/cpu/cpu0/cache/index3/shared_cpu_list", "\n")
      .with("/sys/devices/system/cpu/cpu2/cache/index3/shared_cpu_list", "\n")
      .with("/sys/devices/system/cpu/cpu1/cache/index3/shared_cpu_list", "0\n")
      .with("/sys/devices/system/cpu/cpu3/cache/index3/shared_cpu_list", "0-2\n")
    #expect(topology(host).l3Groups.map(\.cpus) == [[0, 2]])
  }

  @Test func aCgroupLeavesFewerCPUsThanTheMachineHas() {
    let host = Snapshot.exampleHost()
      .with("/proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-5,40\n")
    #expect(topology(host).allowed == CPUSet(0..<6))
    #expect(topology(host).online.value?.count == 16)
  }

  @Test(arguments: ["\n", "(null)\n", ""])
  func isolatedMayBeNothing(text: String) {
    let host = Snapshot.exampleHost().with("/sys/devices/system/cpu/isolated", text)
    #expect(topology(host).isolated.isEmpty)
  }

  @Test func anIsolatedPartitionCountsAsIsolated() {
    let group = "/sys/fs/cgroup/machine.slice"
    let host = Snapshot.exampleHost().with(group + "/cpuset.cpus.partition", "isolated\n")
      .with(group + "/cpuset.cpus.effective", "2-3\n")
      .with("/sys/devices/system/cpu/isolated", "7\n")
    #expect(topology(host).isolated == [2, 3, 7])
  }

  @Test func hybridPartsNameTheirKinds() {
    let host = Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1)
      .with("/sys/devices/cpu_core/cpus", "0\n").with("/sys/devices/cpu_atom/cpus", "1\n")
    #expect(topology(host).cores.map(\.kind) == ["performance", "efficiency"])
  }

  @Test func capacitiesTellBigCoresFromLittleOnes() {
    let host = Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1)
      .with("/sys/devices/system/cpu/cpu0/cpu_capacity", "446\n")
      .with("/sys/devices/system/cpu/cpu1/cpu_capacity", "1024\n")
    #expect(topology(host).cores.map(\.kind) == ["efficiency", "performance"])
  }

  @Test func aMemorySizeThatOverflowsIsUnknown() {
    let host = Snapshot.exampleHost().with(
      "/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 99999999999999999999 kB\n")
    #expect(topology(host).nodes.first?.memoryKiB == nil)
  }

  @Test func whatHwlocSeesOtherwiseIsSaid() {
    var host = Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1)
    host.hwloc = Known(
      HwlocTopology(
        packages: [[0, 1]], nodes: [.init(id: 0, memoryBytes: 1 << 36, cpus: [0, 1])],
        l3Groups: [], cores: [[0, 1]], pus: [0, 1]), from: "hwloc")
    #expect(
      topology(host).disagreements == [
        "cores: sysfs 2, hwloc 1; only sysfs has 0; only hwloc has 0-1",
        "L3 groups: sysfs 1, hwloc 0; only sysfs has 0-1",
      ])
  }

  @Test func libnumaIsCrossCheckedToo() {
    var host = Snapshot.exampleHost()
    host.libnuma = Known(
      [
        LibnumaNode(id: 0, memoryBytes: 1 << 36, distances: [0: 10, 1: 20], allowed: true),
        LibnumaNode(id: 1, memoryBytes: 1 << 30, distances: [0: 21, 1: 10], allowed: false),
      ], from: "libnuma")
    #expect(
      topology(host).disagreements == [
        "distance from node 0 to 1: sysfs 21, libnuma 20",
        "memory of node 1: sysfs 67108864 KiB, libnuma 1048576 KiB",
        "node 1 may not be used by this process (libnuma)",
      ])
  }
}
