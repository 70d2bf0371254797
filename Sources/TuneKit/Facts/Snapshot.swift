// Everything a probe read, as it was read: the one input of all facts.
//
// A snapshot is a value: file texts and directory lists by the host's own paths, and the domains.
// The live host, a captured tree and a test all give the same kind of value, so everything after
// the probe can be replayed. A change modelled on a snapshot is the change a writer makes.

/// What was read of a host.
public struct Snapshot: Sendable, Equatable {
  /// Where a snapshot came from.
  public enum Origin: Sendable, Equatable {
    /// This machine.
    case live
    /// A captured tree (`--root`).
    case tree
    /// No host: only domains were given, or libvirt runs elsewhere. The text says which.
    case none(String)
  }

  /// The outcome of reading one file.
  public enum Reading: Sendable, Equatable {
    /// Its whole text.
    case text(String)
    /// Why it could not be read ("no such file", "permission denied", "larger than 4 MiB" …).
    case missing(String)
  }

  /// Where this was read.
  public var origin: Origin
  /// File texts by absolute path of the host, without the root before it. Under `/tuned-vm/` stand
  /// the virtual files of a capture (units.json, ethtool.json …), live ones too.
  public var files: [String: Reading]
  /// Sorted names by absolute directory path. A directory that isn't there has no entry, one that
  /// is empty has an empty list.
  public var directories: [String: [String]]
  /// Where links lead, by the link's path, as an absolute path of the host.
  public var links: [String: String]
  /// The domains, in the order they were found.
  public var domains: [DomainSource]
  /// Why nobody could look for domains; nil where somebody did, and found some or none.
  public var domainsMissing: String?
  /// What hwloc says of the same machine.
  public var hwloc: Known<HwlocTopology>
  /// What libnuma says, live only.
  public var libnuma: Known<[LibnumaNode]>
  /// What could not be read and is worth telling, in words for an operator.
  public var notices: [String]

  /// Creates a snapshot.
  public init(
    origin: Origin = .tree, files: [String: Reading] = [:], directories: [String: [String]] = [:],
    links: [String: String] = [:], domains: [DomainSource] = [],
    hwloc: Known<HwlocTopology> = Known(missing: "not asked", from: "hwloc"),
    libnuma: Known<[LibnumaNode]> = Known(missing: "not asked", from: "libnuma"),
    notices: [String] = []
  ) {
    self.origin = origin
    self.files = files
    self.directories = directories
    self.links = links
    self.domains = domains
    self.hwloc = hwloc
    self.libnuma = libnuma
    self.notices = notices
  }

  /// The text of a file, as read.
  public func raw(_ path: String) -> Known<String> {
    switch files[path] {
    case .text(let text): return Known(text, from: path)
    case .missing(let reason): return Known(missing: reason, from: path)
    case nil: return Known(missing: "no such file", from: path)
    }
  }

  /// The text of a file without blanks and NULs around it, the way one-value kernel files are read.
  public func text(_ path: String) -> Known<String> {
    raw(path).map { $0.trimmedBlanks }
  }

  /// The whole number in a file.
  public func integer(_ path: String) -> Known<Int> {
    text(path).parsed(as: "a whole number") { Int($0) }
  }

  /// The names in a directory; nil where there is no such directory.
  public func names(_ directory: String) -> [String]? { directories[directory] }

  /// Whether something of this name is there: a file that was read or a name in its directory's
  /// list. Nil where the directory was not listed, so nobody can tell.
  public func exists(_ path: String) -> Bool? {
    if case .text = files[path] { return true }
    if directories[path] != nil { return true }
    guard let slash = path.lastIndex(of: "/") else { return nil }
    let parent = slash == path.startIndex ? "/" : String(path[..<slash])
    guard let names = directories[parent] else { return nil }
    return names.contains(String(path[path.index(after: slash)...]))
  }
}

/// One domain's definitions as found, before they are parsed.
public struct DomainSource: Sendable, Equatable {
  /// What the hypervisor says about it.
  public enum State: String, Sendable {
    /// Running, or blocked on a resource.
    case running
    /// Started, but its vCPUs are stopped.
    case paused
    /// Not started.
    case shutOff = "shut off"
    /// Nobody can tell, for instance a bare XML file.
    case unknown
  }

  /// Where it was found: a path of the host, a file named by the user, or a libvirt URI.
  public var origin: String
  /// The definition that the next start uses; nil for a transient domain.
  public var persistent: Known<String>?
  /// The definition of the running guest; nil where it does not run.
  public var live: Known<String>?
  /// What the hypervisor says about it.
  public var state: State
  /// The process of the running guest.
  public var pid: Int?
  /// Whether it starts with the host; nil where that is not known.
  public var autostart: Bool?
  /// Whether a saved memory image waits for the next start; nil where that is not known.
  public var hasManagedSave: Bool?
  /// Whether libvirt keeps snapshots of it; nil where that is not known.
  public var hasSnapshots: Bool?

  /// Creates a source.
  public init(
    origin: String, persistent: Known<String>?, live: Known<String>? = nil,
    state: State = .unknown, pid: Int? = nil, autostart: Bool? = nil,
    hasManagedSave: Bool? = nil, hasSnapshots: Bool? = nil
  ) {
    self.origin = origin
    self.persistent = persistent
    self.live = live
    self.state = state
    self.pid = pid
    self.autostart = autostart
    self.hasManagedSave = hasManagedSave
    self.hasSnapshots = hasSnapshots
  }
}

/// What hwloc found, reduced to what is cross-checked and to device locality.
public struct HwlocTopology: Sendable, Equatable {
  /// A NUMA node as hwloc sees it.
  public struct Node: Sendable, Equatable {
    /// The node's number.
    public var id: Int
    /// Local memory in bytes.
    public var memoryBytes: Int
    /// CPUs near the node. For a CPU-less node hwloc gives those of its nearest neighbour.
    public var cpus: CPUSet
    /// Creates a node.
    public init(id: Int, memoryBytes: Int, cpus: CPUSet) {
      self.id = id
      self.memoryBytes = memoryBytes
      self.cpus = cpus
    }
  }

  /// A PCI, network or block device and where it sits.
  public struct Device: Sendable, Equatable {
    /// `net`, `block`, `pci`, `gpu` …
    public var kind: String
    /// Its name, for instance `eno1`.
    public var name: String
    /// Its PCI address, if it has one.
    public var pci: String?
    /// The one node it is near; nil where its locality names every CPU.
    public var numaNode: Int?
    /// Creates a device.
    public init(kind: String, name: String, pci: String?, numaNode: Int?) {
      self.kind = kind
      self.name = name
      self.pci = pci
      self.numaNode = numaNode
    }
  }

  /// CPUs of each package.
  public var packages: [CPUSet]
  /// CPUs of each die, where the machine has more dies than packages.
  public var dies: [CPUSet]
  /// NUMA nodes by number.
  public var nodes: [Node]
  /// CPUs of each level-3 cache, with its size in KiB.
  public var l3Groups: [(cpus: CPUSet, sizeKiB: Int)]
  /// CPUs of each core.
  public var cores: [CPUSet]
  /// All PUs.
  public var pus: CPUSet
  /// Kinds of cores of hybrid parts: efficiency (-1 = not ranked) and CPUs.
  public var kinds: [(efficiency: Int, cpus: CPUSet)]
  /// Devices with their place.
  public var devices: [Device]

  /// Creates a topology.
  public init(
    packages: [CPUSet] = [], dies: [CPUSet] = [], nodes: [Node] = [],
    l3Groups: [(cpus: CPUSet, sizeKiB: Int)] = [], cores: [CPUSet] = [], pus: CPUSet = CPUSet(),
    kinds: [(efficiency: Int, cpus: CPUSet)] = [], devices: [Device] = []
  ) {
    self.packages = packages
    self.dies = dies
    self.nodes = nodes
    self.l3Groups = l3Groups
    self.cores = cores
    self.pus = pus
    self.kinds = kinds
    self.devices = devices
  }

  /// Equal in every part.
  public static func == (left: HwlocTopology, right: HwlocTopology) -> Bool {
    left.packages == right.packages && left.dies == right.dies && left.nodes == right.nodes
      && left.l3Groups.elementsEqual(right.l3Groups, by: ==) && left.cores == right.cores
      && left.pus == right.pus && left.kinds.elementsEqual(right.kinds, by: ==)
      && left.devices == right.devices
  }
}

/// What libnuma says of one node.
public struct LibnumaNode: Sendable, Equatable {
  /// The node's number.
  public var id: Int
  /// `numa_node_size64`, bytes.
  public var memoryBytes: Int
  /// `numa_distance` to each node by number.
  public var distances: [Int: Int]
  /// Whether this process may allocate there (`numa_get_mems_allowed`).
  public var allowed: Bool
  /// Creates a node.
  public init(id: Int, memoryBytes: Int, distances: [Int: Int], allowed: Bool) {
    self.id = id
    self.memoryBytes = memoryBytes
    self.distances = distances
    self.allowed = allowed
  }
}
