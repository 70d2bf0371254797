// Derived facts of a definition (rules.md §0): what an absent value means and what follows.

/// Where a vCPU, the emulator or an IOThread may run, as declared.
public enum DomainPin: Sendable, Equatable {
  /// On these host CPUs.
  case cpus(CPUSet)
  /// Anywhere.
  case anywhere
  /// numad decides at the start.
  case automatic

  /// The host CPUs where they are declared.
  public var cpus: CPUSet? {
    if case .cpus(let cpus) = self { return cpus }
    return nil
  }
}

/// The pins of a definition's vCPUs and what is asked of them again and again.
struct DomainPins: Sendable {
  /// By the vCPU's number.
  let all: [DomainPin]
  /// Every host CPU that some vCPU is pinned to.
  let union: CPUSet
  /// Whether every vCPU has declared CPUs.
  let areDeclared: Bool
  /// Whether all that are declared are one CPU each.
  let areSingle: Bool

  init(_ tune: DomainCPUTune) {
    var pins = [DomainPin](repeating: tune.fallbackPin, count: tune.maximum)
    for pin in tune.vcpuPins where pin.id < tune.maximum { pins[pin.id] = .cpus(pin.cpus) }
    var union = CPUSet()
    for pin in pins { if let cpus = pin.cpus { union.formUnion(cpus) } }
    all = pins
    self.union = union
    areDeclared = pins.allSatisfy { $0.cpus != nil }
    areSingle = pins.allSatisfy { pin in pin.cpus.map { $0.count == 1 } ?? true }
  }
}

extension DomainCPUTune {
  /// What holds for threads without a pin of their own.
  var fallbackPin: DomainPin { isAutoPlaced ? .automatic : cpuset.map { .cpus($0) } ?? .anywhere }
}

extension DomainDefinition {
  /// The maximum number of vCPUs.
  public var vcpus: Int { cputune.maximum }

  /// Where a vCPU may run: its own pin, else the domain's cpuset, else anywhere.
  public func pin(ofVCPU vcpu: Int) -> DomainPin {
    if let pin = cputune.vcpuPins.last(where: { $0.id == vcpu }) { return .cpus(pin.cpus) }
    return fallbackPin
  }

  /// What holds for threads without a pin of their own.
  public var fallbackPin: DomainPin { cputune.fallbackPin }

  /// Where the emulator's threads may run.
  public var emulatorPin: DomainPin { cputune.emulatorPin.map { .cpus($0.cpus) } ?? fallbackPin }

  /// Where an IOThread may run.
  public func pin(ofIOThread id: Int) -> DomainPin {
    cputune.iothreadPins.last { $0.id == id }.map { .cpus($0.cpus) } ?? fallbackPin
  }

  /// The pins of all vCPUs, by number.
  public var vcpuPins: [DomainPin] { pins.all }

  /// Every host CPU that some vCPU is pinned to.
  public var pinnedCPUs: CPUSet { pins.union }

  /// Whether every vCPU has declared CPUs.
  public var isPinned: Bool { pins.areDeclared }

  /// Whether numad decides where any vCPU runs.
  public var hasAutomaticPin: Bool { vcpuPins.contains(.automatic) }

  /// Declared intent of CPUs of its own: every pin is one CPU, and no two are the same.
  public var isDedicated: Bool {
    isPinned && pins.areSingle && pinnedCPUs.count == vcpus
  }

  /// Whether a PCI device is passed through, which fixes all memory in place.
  public var hasVFIO: Bool {
    devices.hostDevices.contains { $0.type == "pci" }
      || devices.interfaces.contains { $0.type == "hostdev" }
  }

  /// Whether the guest runs Windows; nil where the metadata doesn't say what it runs.
  public var isWindows: Bool? { tags.osID.map { $0.contains("microsoft.com/win") } }

  /// Whether the metadata says Linux. libosinfo has no such word: whatever is neither Windows nor
  /// another known family counts.
  public var isLinux: Bool? {
    tags.osID.map { id in
      let others = [
        "microsoft.com", "freebsd.org", "openbsd.org", "netbsd.org", "dragonflybsd.org",
        "apple.com", "oracle.com/solaris", "sun.com", "openindiana.org", "omnios.org",
        "smartos.org", "haiku-os.org", "novell.com", "gnu.org/hurd", "libosinfo.org/unknown",
        "freedos.org", "reactos.org", "minix3.org", "plan9",
      ]
      return !others.contains { id.contains($0) }
    }
  }

  /// The guest's architecture; nil where the definition doesn't say (libvirt takes the host's).
  public var isX86: Bool? { system.arch.map { $0 == "x86_64" || $0 == "i686" } }

  /// The version at the end of the machine type: `pc-q35-7.2` → 7.2. Nil for aliases and for
  /// names with a distribution's own numbers.
  public var machineVersion: MachineVersion? { system.machine.flatMap { MachineVersion($0) } }

  /// Whether guest memory is asked for in huge pages. A `<page>` of 4 KiB is libvirt's way to ask
  /// for ordinary ones.
  public var wantsHugePages: Bool {
    guard memory.hugepages != nil else { return false }
    return memory.pages.isEmpty || memory.pages.contains { $0.sizeKiB.map { $0 > 4 } ?? true }
  }

  /// Whether a balloon can take memory away: it can't where there is none.
  public var hasInflatedBalloon: Bool {
    guard let total = memory.totalKiB, let current = memory.currentKiB else { return false }
    return current < total && devices.balloon?.model != "none"
  }

  /// Whether QEMU runs the guest, or libvirt doesn't say who does.
  public var isQEMU: Bool { ["kvm", "qemu", "hvf", "test", "kqemu", ""].contains(type) }
}

/// The version of a machine type.
public struct MachineVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
  /// Before the dot.
  public let major: Int
  /// Behind the dot.
  public let minor: Int

  /// Creates a version.
  public init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

  /// Reads the version of a machine type's name; nil where its end is no QEMU version.
  public init?(_ machine: String) {
    guard let tail = machine.split(separator: "-").last else { return nil }
    if let own = Self.ubuntu[String(tail)] {
      self = own
      return
    }
    let parts = tail.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let major = Int(parts[0]),
      let minor = Int(parts[1]),
      (0..<1000).contains(major), (0..<1000).contains(minor)
    else { return nil }
    self.init(major, minor)
  }

  /// Ubuntu names its machine types after its releases; each is that of the QEMU it came with.
  private static let ubuntu: [String: MachineVersion] = [
    "trusty": MachineVersion(2, 0), "wily": MachineVersion(2, 4), "xenial": MachineVersion(2, 5),
    "yakkety": MachineVersion(2, 6), "zesty": MachineVersion(2, 8), "artful": MachineVersion(2, 10),
    "bionic": MachineVersion(2, 11), "cosmic": MachineVersion(2, 12),
    "disco": MachineVersion(3, 1), "eoan": MachineVersion(4, 0), "focal": MachineVersion(4, 2),
    "groovy": MachineVersion(5, 0), "hirsute": MachineVersion(5, 2),
    "impish": MachineVersion(6, 0), "jammy": MachineVersion(6, 2), "kinetic": MachineVersion(7, 0),
    "lunar": MachineVersion(7, 2), "mantic": MachineVersion(8, 0), "noble": MachineVersion(8, 2),
    "oracular": MachineVersion(9, 0), "plucky": MachineVersion(9, 2),
  ]

  /// `7.2`.
  public var description: String { "\(major).\(minor)" }

  /// Orders by age.
  public static func < (left: MachineVersion, right: MachineVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}

extension DomainDisk {
  /// The cache mode in effect: QEMU's default is writeback; libvirt takes none for a shareable
  /// disk that can be written.
  public var effectiveCache: String {
    if let cache, cache != "default" { return cache }
    return isShareable && !isReadOnly ? "none" : "writeback"
  }

  /// The format in effect: libvirt does not probe, so an absent one is raw.
  public var effectiveFormat: String { format ?? "raw" }

  /// Whether host page cache is bypassed.
  public var isDirect: Bool { ["none", "directsync"].contains(effectiveCache) }
}
