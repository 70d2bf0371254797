// Packages, NUMA nodes, L3 groups, cores and PUs as sysfs lists them.

/// The shape of the machine. CPU numbers are the operating system's.
public struct Topology: Sendable, Equatable {
  /// A NUMA node directory of sysfs.
  public struct Node: Sendable, Equatable {
    /// The node's number; sparse and not always from 0.
    public var id: Int
    /// MemTotal in KiB; nil where unreadable.
    public var memoryKiB: Int?
    /// Its online CPUs; empty for CPU-less nodes.
    public var cpus: CPUSet
    /// Distance to each node by number; empty where unreadable.
    public var distances: [Int: Int]
    /// Huge-page pools, by size upwards.
    public var pools: [HugePagePool]
    /// Whether it has both CPUs and memory; only such nodes count for spread and binding.
    public var isFull: Bool { !cpus.isEmpty && (memoryKiB ?? 1) > 0 }
  }

  /// A pool of huge pages of one size on one node.
  public struct HugePagePool: Sendable, Equatable {
    /// Page size in KiB.
    public var pageSizeKiB: Int
    /// `nr_hugepages`.
    public var total: Int
    /// `free_hugepages`.
    public var free: Int
  }

  /// CPUs that share a level-3 cache.
  public struct L3Group: Sendable, Equatable {
    /// The online CPUs.
    public var cpus: CPUSet
    /// Cache size in KiB; nil where unreadable.
    public var sizeKiB: Int?
  }

  /// A core with its PUs.
  public struct Core: Sendable, Equatable {
    /// `physical_package_id`; nil where unreadable.
    public var package: Int?
    /// The online PUs.
    public var cpus: CPUSet
    /// Kind of core on hybrid parts ("performance", "efficiency"); nil where all are alike.
    public var kind: String?
  }

  /// A device with its place.
  public struct Device: Sendable, Equatable {
    /// `net`, `block`, `pci`.
    public var kind: String
    /// Its name.
    public var name: String
    /// Its PCI address.
    public var pci: String?
    /// Its node; nil where the firmware doesn't say.
    public var numaNode: Int?
  }

  /// NUMA nodes by number.
  public var nodes: [Node] = []
  /// Packages by `physical_package_id`.
  public var packages: [Int: CPUSet] = [:]
  /// L3 groups by first CPU.
  public var l3Groups: [L3Group] = []
  /// Cores by first CPU.
  public var cores: [Core] = []
  /// Online CPUs.
  public var online: Known<CPUSet>
  /// Online CPUs that a cgroup leaves to this process.
  public var allowed: CPUSet?
  /// CPUs outside the scheduler's load balancing (`isolcpus`, isolated partitions).
  public var isolated: CPUSet = []
  /// `nohz_full` CPUs.
  public var nohzFull: CPUSet = []
  /// Devices with their place.
  public var devices: [Device] = []
  /// Where sources differ, in words for an operator.
  public var disagreements: [String] = []

  /// Dies, where a package has more than one; empty otherwise.
  public var dies: [CPUSet] = []

  init(_ snapshot: Snapshot) {
    let paths = SnapshotPaths(snapshot)
    online = OnlineCPUs.read(snapshot, paths)
    let cpus = online.value ?? CPUSet()
    var reader = TopologyReader(snapshot: snapshot, online: cpus)
    reader.readCores()
    reader.readCaches(paths)
    packages = reader.packages
    dies = reader.dies
    cores = reader.cores
    l3Groups = reader.l3Groups
    nodes = NodeReader(snapshot: snapshot, online: online.value).nodes()
    allowed = Self.allowed(snapshot).map { online.value == nil ? $0 : $0.intersection(cpus) }
    isolated = Self.isolated(snapshot, paths)
    nohzFull =
      snapshot.text("/sys/devices/system/cpu/nohz_full").value
      .flatMap { CPUSet(list: $0) } ?? CPUSet()
    disagreements = CrossCheck(topology: self, snapshot: snapshot).sentences()
  }

  /// The node a CPU belongs to.
  public func node(of cpu: Int) -> Int? { nodes.first { $0.cpus.contains(cpu) }?.id }

  /// The nodes of a set of CPUs.
  public func nodes(of cpus: CPUSet) -> CPUSet {
    CPUSet(nodes.filter { !$0.cpus.isDisjoint(with: cpus) }.map(\.id))
  }

  /// The PUs of a CPU's core, itself included; only itself where nobody knows.
  public func siblings(of cpu: Int) -> CPUSet {
    cores.first { $0.cpus.contains(cpu) }?.cpus ?? [cpu]
  }

  /// Nodes with CPUs and memory: those that count for spread and binding.
  public var fullNodes: [Node] { nodes.filter(\.isFull) }

  private static func allowed(_ snapshot: Snapshot) -> CPUSet? {
    guard let text = snapshot.raw("/proc/self/status").value else { return nil }
    for line in text.lines where line.hasPrefix("Cpus_allowed_list:") {
      return CPUSet(list: line.dropFirst("Cpus_allowed_list:".count))
    }
    return nil
  }

  private static func isolated(_ snapshot: Snapshot, _ paths: SnapshotPaths) -> CPUSet {
    var result =
      snapshot.text("/sys/devices/system/cpu/isolated").value
      .flatMap { CPUSet(list: $0) } ?? CPUSet()
    if let list = snapshot.text("/sys/fs/cgroup/cpuset.cpus.isolated").value {
      result = result.union(CPUSet(list: list) ?? CPUSet())
    }
    for partition in paths.files(endingWith: "/cpuset.cpus.partition")
    where snapshot.text(partition).value == "isolated" {
      let group = partition.dropLast("partition".count)
      let list =
        snapshot.text(group + "effective").value ?? snapshot.text(String(group.dropLast())).value
      result = result.union(list.flatMap { CPUSet(list: $0) } ?? CPUSet())
    }
    return result
  }
}
