// All typed facts of one host and its domains, derived from a snapshot and from nothing else.

/// What is known of a host.
///
/// A class only so that handing it on costs one count instead of one for each fact: it never changes.
public final class Facts: Sendable {
  /// The raw reading everything below was parsed from; settings look their knobs up here.
  public let snapshot: Snapshot
  /// Names, kernel, kind of machine.
  public let host: HostIdentity
  /// Processor flags, microcode, vulnerabilities.
  public let processor: Processor
  /// Packages, nodes, L3 groups, cores, PUs, distances.
  public let topology: Topology
  /// Drivers, governors, energy preferences.
  public let frequency: CPUFrequency
  /// Idle states.
  public let idle: CPUIdle
  /// Kernel arguments; missing where /proc/cmdline is.
  public let commandLine: Known<KernelCommandLine>
  /// Modules and their parameters.
  public let modules: KernelModules
  /// Memory, swap, pressure, huge-page pools.
  public let memory: MemoryInfo
  /// Block devices.
  public let blockDevices: Known<[BlockDevice]>
  /// The same by the paths that name them, without links.
  let blockDevicesByPath: [String: BlockDevice]
  /// Network interfaces.
  public let interfaces: Known<[NetworkInterface]>
  /// PCI devices.
  public let pciDevices: Known<[PCIDevice]>
  /// IOMMU groups.
  public let iommu: IOMMU
  /// Services.
  public let units: Units
  /// TuneD with its active profile; nil where it doesn't run.
  public let tuneD: TuneD?
  /// Channels, rings and offloads by interface.
  public let ethtool: Known<[String: Ethtool]>
  /// Open vSwitch's bridges and polling threads.
  let virtualSwitch: Known<VirtualSwitch>
  /// What configuration files say of the next boot.
  public let nextBoot: NextBoot
  /// Images and devices behind domains' disks, by path.
  public let images: Known<[String: Known<ImageFile>]>
  /// File systems by directory.
  public let fileSystems: Known<[String: FileSystem]>
  /// libvirt's networks by name.
  public let networks: Known<[String: VirtualNetwork]>
  /// The domains, in the order they were found.
  public let domains: [Domain]
  /// Domains whose definition could not be read or understood, in the order they were found.
  public let domainFailures: [DomainFailure]
  /// The processes of running guests, by process number.
  public let processes: [Int: GuestProcess]

  /// Device interrupts; parsed on demand, for they are many.
  public var interrupts: Interrupts { Interrupts(snapshot) }
  /// Whether this host is known to be a guest itself.
  public var hostIsGuest: Bool { host.virtualized == true }
  /// The domains that are known to run.
  public var runningDomains: [Domain] { domains.filter(\.isRunning) }
  /// Why there is no host to judge; nil where there is one.
  public var noHostReason: String? {
    if case .none(let reason) = snapshot.origin { return reason }
    return nil
  }

  /// Parses a snapshot.
  public init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    processor = Processor(snapshot)
    host = HostIdentity(snapshot, processor)
    pciDevices = PCIDevice.all(snapshot)
    blockDevices = BlockDevice.all(snapshot, pciDevices.value ?? [])
    blockDevicesByPath = BlockDevice.byPath(blockDevices.value ?? [])
    interfaces = NetworkInterface.all(snapshot)
    var topology = Topology(snapshot)
    topology.devices = Topology.devices(
      interfaces.value ?? [], blockDevices.value ?? [], pciDevices.value ?? [])
    self.topology = topology
    frequency = CPUFrequency(snapshot)
    idle = CPUIdle(snapshot, topology.online.value ?? CPUSet())
    commandLine = snapshot.text("/proc/cmdline").map { KernelCommandLine($0) }
    modules = KernelModules(snapshot)
    memory = MemoryInfo(snapshot)
    iommu = IOMMU(snapshot)
    units = Units(snapshot)
    tuneD = TuneD(snapshot, units)
    ethtool = Ethtool.all(snapshot)
    virtualSwitch = VirtualFile.json(snapshot, "ovs.json").map { VirtualSwitch($0) }
    nextBoot = NextBoot(snapshot, commandLine.value ?? KernelCommandLine(""), tuneD)
    images = ImageFile.all(in: snapshot)
    fileSystems = FileSystem.all(in: snapshot)
    networks = VirtualNetwork.all(in: snapshot)
    (domains, domainFailures) = Domain.all(in: snapshot)
    processes = Dictionary(
      domains.compactMap { domain in
        guard domain.isRunning, let pid = domain.pid else { return nil }
        return (pid, GuestProcess(snapshot, pid: pid))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The process of a running domain; nil where it isn't known.
  public func process(of domain: Domain) -> GuestProcess? {
    domain.pid.flatMap { processes[$0] }
  }
}
