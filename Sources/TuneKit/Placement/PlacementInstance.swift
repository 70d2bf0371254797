/// One host and the VMs to place on it: the input of the solver (`docs/placement.md`, format
/// "placement/1"). Nodes, PUs and devices are named by their numbers and addresses; every reference
/// has been checked.
public struct PlacementInstance: Sendable, Hashable {
  /// The instance's name, repeated in the solution.
  public let name: String
  /// The machine.
  public let host: PlacementHost
  /// What each kind of imperfection costs.
  public let weights: PlacementWeights
  /// The VMs, in the order in which they asked.
  public let vms: [PlacementVM]

  /// An instance; the caller vouches for what the reader of JSON would check.
  public init(
    name: String, host: PlacementHost, weights: PlacementWeights, vms: [PlacementVM]
  ) {
    self.name = name
    self.host = host
    self.weights = weights
    self.vms = vms
  }
}

/// The machine as placement sees it.
public struct PlacementHost: Sendable, Hashable {
  /// One NUMA node.
  public struct Node: Sendable, Hashable {
    /// The operating system's number.
    public let id: Int
    /// Memory in base pages free for guests, in MiB.
    public let memoryMiB: Int
    /// Free pages of 2 MiB.
    public let pages2MiB: Int
    /// Free pages of 1 GiB.
    public let pages1GiB: Int
    /// The PUs of each core: one, or two SMT siblings. Empty for a node without CPUs.
    public let cores: [[Int]]

    /// A node.
    public init(id: Int, memoryMiB: Int, pages2MiB: Int, pages1GiB: Int, cores: [[Int]]) {
      self.id = id
      self.memoryMiB = memoryMiB
      self.pages2MiB = pages2MiB
      self.pages1GiB = pages1GiB
      self.cores = cores
    }
  }

  /// A PCI device and the node it hangs on.
  public struct Device: Sendable, Hashable {
    /// The PCI address.
    public let id: String
    /// The number of its node.
    public let node: Int

    /// A device.
    public init(id: String, node: Int) {
      self.id = id
      self.node = node
    }
  }

  /// The nodes, in the order of the rows of `distances`.
  public let nodes: [Node]
  /// PUs that share a last-level cache; every PU is in exactly one group.
  public let l3Groups: [[Int]]
  /// Relative distances; 10 is local.
  public let distances: [[Int]]
  /// Devices VMs may ask to be near.
  public let devices: [Device]
  /// Housekeeping PUs, never given to a VM.
  public let reservedPUs: [Int]
  /// The most shared vCPUs per hundred PUs of a node's pool.
  public let sharedOvercommitPercent: Int

  /// A machine.
  public init(
    nodes: [Node], l3Groups: [[Int]], distances: [[Int]], devices: [Device],
    reservedPUs: [Int], sharedOvercommitPercent: Int
  ) {
    self.nodes = nodes
    self.l3Groups = l3Groups
    self.distances = distances
    self.devices = devices
    self.reservedPUs = reservedPUs
    self.sharedOvercommitPercent = sharedOvercommitPercent
  }
}

/// One VM and what it asks for.
public struct PlacementVM: Sendable, Hashable {
  /// Where a VM's memory comes from.
  public enum PageSize: Int, Sendable, Hashable, CaseIterable {
    case base = 4
    case large = 2048
    case huge = 1_048_576

    /// The size in KiB.
    public var kib: Int { rawValue }
  }

  /// How vCPUs get CPU time.
  public enum Policy: String, Sendable, Hashable, CaseIterable {
    /// A PU of its own for each vCPU.
    case dedicated
    /// vCPUs float over the pool of their node.
    case shared
  }

  /// What a dedicated VM asks of SMT siblings.
  public enum SMT: String, Sendable, Hashable, CaseIterable {
    case prefer, isolate, require
  }

  /// Where threads other than vCPUs run.
  public enum Threads: String, Sendable, Hashable, CaseIterable {
    /// On the housekeeping PUs.
    case share
    /// On PUs of their own.
    case own
  }

  /// A guest cell as it runs now.
  public struct CurrentCell: Sendable, Hashable {
    /// The node of its vCPUs.
    public let node: Int
    /// The node of its memory.
    public let memoryNode: Int

    /// A cell.
    public init(node: Int, memoryNode: Int) {
      self.node = node
      self.memoryNode = memoryNode
    }
  }

  /// The VM's name, unique in the instance.
  public let name: String
  /// Number of vCPUs, at least 1.
  public let vcpus: Int
  /// Memory in MiB, at least 1.
  public let memoryMiB: Int
  /// The pool its memory is taken from.
  public let pageSize: PageSize
  /// Dedicated or shared.
  public let policy: Policy
  /// What it asks of siblings; `prefer` for shared VMs.
  public let smt: SMT
  /// The most guest NUMA cells it may be split into.
  public let maxCells: Int
  /// Whether the emulator threads take a PU.
  public let emulator: Threads
  /// Number of IOThreads.
  public let ioThreads: Int
  /// Whether each IOThread takes a PU.
  public let ioThreadPolicy: Threads
  /// Devices it should be near.
  public let devices: [String]
  /// How much it matters that it is placed.
  public let priority: Int
  /// Where it runs now; empty when it does not.
  public let current: [CurrentCell]
  /// The PU of each vCPU now, where each has one; of equal solutions the one that keeps them is
  /// taken. Empty where nobody pins it.
  public let pins: [Int]

  /// A VM.
  public init(
    name: String, vcpus: Int, memoryMiB: Int, pageSize: PageSize = .base,
    policy: Policy = .dedicated, smt: SMT = .prefer, maxCells: Int = 1,
    emulator: Threads = .share, ioThreads: Int = 0, ioThreadPolicy: Threads = .share,
    devices: [String] = [], priority: Int = 1, current: [CurrentCell] = [], pins: [Int] = []
  ) {
    self.name = name
    self.vcpus = vcpus
    self.memoryMiB = memoryMiB
    self.pageSize = pageSize
    self.policy = policy
    self.smt = smt
    self.maxCells = maxCells
    self.emulator = emulator
    self.ioThreads = ioThreads
    self.ioThreadPolicy = ioThreadPolicy
    self.devices = devices
    self.priority = priority
    self.current = current
    self.pins = pins
  }

  /// Whether the emulator threads get a PU of their own.
  public var isolatesEmulator: Bool { policy == .dedicated && emulator == .own }
  /// How many IOThreads get a PU of their own.
  public var dedicatedIOThreads: Int {
    policy == .dedicated && ioThreadPolicy == .own ? ioThreads : 0
  }
  /// PUs taken beside the vCPUs.
  public var extras: Int { dedicatedIOThreads + (isolatesEmulator ? 1 : 0) }

  /// Whether it can be split into this many equal cells of whole MiB and pages.
  public func admits(cells: Int) -> Bool {
    guard cells >= 1, cells <= maxCells, vcpus % cells == 0, memoryMiB % cells == 0 else {
      return false
    }
    return (memoryMiB / cells) * 1024 % pageSize.kib == 0
  }
}

/// What one unit of each term costs.
public struct PlacementWeights: Sendable, Hashable {
  /// The weights by term.
  public let values: [PlacementTerm: Int]

  /// Weights; a term without one is free.
  public init(_ values: [PlacementTerm: Int]) { self.values = values }

  /// The weight of a term.
  public subscript(term: PlacementTerm) -> Int { values[term] ?? 0 }

  /// The weights of this host's own placement, unless the configuration says otherwise.
  public static let standard = PlacementWeights([
    .unplaced: 2000, .span: 400, .spread: 10, .remoteMemory: 2, .device: 10, .l3: 40,
    .brokenCore: 15, .pressure: 60, .moveNode: 30, .moveGiB: 3,
  ])
}

/// The terms of the cost, named as in the format.
public enum PlacementTerm: String, Sendable, Hashable, CaseIterable {
  case unplaced, span, spread
  case remoteMemory = "remote_memory"
  case device, l3
  case brokenCore = "broken_core"
  case pressure
  case moveNode = "move_node"
  case moveGiB = "move_gib"
}
