// Block devices of the host.

/// A block device of `/sys/block`.
public struct BlockDevice: Sendable, Equatable {
  /// What it is.
  public enum Kind: String, Sendable {
    /// NVMe namespace.
    case nvme
    /// SATA, SAS or other SCSI disk without moving parts.
    case ssd
    /// Rotating disk.
    case hdd
    /// virtio-blk.
    case virtio
    /// Xen's paravirtual disk.
    case xen
    /// A disk that a hypervisor emulates, behind SCSI.
    case virtual
    /// Device mapper: LVM, crypt, multipath.
    case deviceMapper = "dm"
    /// Software RAID.
    case md
    /// Loop device.
    case loop
    /// RAM disk.
    case ram
    /// Compressed memory.
    case zram
    /// CD or DVD drive.
    case optical
    /// Floppy drive.
    case floppy
    /// A network or other device that schedules elsewhere (nbd, rbd, drbd, zvol).
    case network
    /// eMMC or SD card.
    case mmc
    /// Anything else.
    case other
  }

  /// Its name: `nvme0n1`.
  public let name: String
  /// What it is.
  public let kind: Kind
  /// `queue/rotational`.
  public let isRotational: Known<Bool>
  /// The current scheduler.
  public let scheduler: Known<String>
  /// All schedulers the file lists.
  public let availableSchedulers: Known<[String]>
  /// `queue/read_ahead_kb`.
  public let readAheadKiB: Known<Int>
  /// `queue/nr_requests`.
  public let requests: Known<Int>
  /// `queue/nr_hw_queues`, else nil.
  public let hardwareQueues: Known<Int>
  /// `queue/logical_block_size`, bytes.
  public let logicalBlockSize: Known<Int>
  /// `queue/physical_block_size`, bytes.
  public let physicalBlockSize: Known<Int>
  /// `device/vendor`.
  public let vendor: String?
  /// `device/model`.
  public let model: String?
  /// The driver of the controller it hangs on (`ahci`, `megaraid_sas`, `nvme`); nil where unknown.
  public let controllerDriver: String?
  /// The controller's PCI address; nil where it has none.
  public let pci: String?
  /// Names of the devices it is made of.
  public let slaves: [String]
  /// Its node; nil where the firmware doesn't say.
  public let numaNode: Int?
  /// Whether it is a hidden path of an NVMe multipath device.
  public let isHiddenPath: Bool
  /// Size in bytes.
  public let sizeBytes: Int?
  /// Device mapper's or md's own name.
  public let mappedName: String?
  /// The device mapper's UUID, which begins with who made the device: `LVM-…`.
  public let mappedUUID: String?

  /// A leaf that schedules its own requests: rules about schedulers speak of these.
  public var isLeafDisk: Bool {
    switch kind {
    case .nvme: !isHiddenPath
    case .ssd, .hdd, .virtio, .virtual, .xen: true
    default: false
    }
  }

  /// Whether a RAID controller presents it and schedules itself (rules.md annex h 14).
  public var isHardwareRAID: Bool {
    let drivers: Set<String> = [
      "megaraid_sas", "smartpqi", "hpsa", "aacraid", "arcmsr", "3w-9xxx", "3w-sas", "3w-xxxx",
    ]
    if let controllerDriver, drivers.contains(controllerDriver) { return true }
    // Volumes of RAID firmware name themselves so; plain disks carry their own model.
    let name = (model ?? "").uppercased()
    return ["LOGICAL VOLUME", "PERC ", "SERVERAID", "MEGARAID", "RAID CONTROLLER", "RAID VOLUME"]
      .contains { name.contains($0) }
  }

  /// Whether it hangs on a plain host bus adapter.
  public var isPlainHBA: Bool {
    ["mpt3sas", "mpt2sas", "pm80xx", "isci", "mvsas"].contains(controllerDriver ?? "")
      && !isHardwareRAID
  }

  /// The file of one of its queue's values.
  public func queuePath(_ value: String) -> String { "/sys/block/\(name)/queue/\(value)" }

  /// The subject.
  public var subject: Subject { Subject(.blockDevice, name) }
}

extension BlockDevice {
  static func all(_ snapshot: Snapshot, _ pci: [PCIDevice]) -> Known<[BlockDevice]> {
    guard let names = snapshot.names("/sys/block") else {
      return Known(missing: "was not read", from: "/sys/block")
    }
    let drivers = Dictionary(
      pci.compactMap { device in device.driver.map { (device.address, $0) } },
      uniquingKeysWith: { first, _ in first })
    let nodes = Dictionary(
      pci.compactMap { device in device.numaNode.map { (device.address, $0) } },
      uniquingKeysWith: { first, _ in first })
    return Known(
      names.map { BlockDevice(snapshot, $0, drivers: drivers, nodes: nodes) }, from: "/sys/block")
  }

  init(_ snapshot: Snapshot, _ name: String, drivers: [String: String], nodes: [String: Int]) {
    let base = "/sys/block/\(name)"
    self.name = name
    isRotational = snapshot.integer(base + "/queue/rotational").parsed(as: "0 or 1") {
      $0 == 0 || $0 == 1 ? $0 == 1 : nil
    }
    let schedulers = snapshot.text(base + "/queue/scheduler")
    scheduler = schedulers.parsed(as: "a list of schedulers") { text in
      KernelText.choice(text).flatMap { $0.first?.isLetter == true ? $0 : nil }
    }
    availableSchedulers = schedulers.map { KernelText.choices($0) }
    readAheadKiB = snapshot.integer(base + "/queue/read_ahead_kb")
    requests = snapshot.integer(base + "/queue/nr_requests")
    hardwareQueues = snapshot.integer(base + "/queue/nr_hw_queues")
    logicalBlockSize = snapshot.integer(base + "/queue/logical_block_size")
    physicalBlockSize = snapshot.integer(base + "/queue/physical_block_size")
    vendor = snapshot.text(base + "/device/vendor").value
    model = snapshot.text(base + "/device/model").value
    let place = snapshot.links[base]
    pci = place.flatMap { PCIDevice.lastAddress(in: $0) }
    controllerDriver = pci.flatMap { drivers[$0] }
    slaves = snapshot.names(base + "/slaves") ?? []
    let own = ["/device/numa_node", "/device/device/numa_node"].lazy
      .compactMap { snapshot.integer(base + $0).value }.first
    numaNode = (own ?? pci.flatMap { nodes[$0] }).flatMap { $0 >= 0 ? $0 : nil }
    isHiddenPath = snapshot.text(base + "/hidden").value == "1" || Self.isPathName(name)
    sizeBytes = snapshot.integer(base + "/size").value
      .flatMap { $0 >= 0 && $0 < 1 << 50 ? $0 * 512 : nil }
    mappedName = snapshot.text(base + "/dm/name").value
    mappedUUID = snapshot.text(base + "/dm/uuid").value
    kind = Self.kind(name, vendor: vendor, model: model, place: place, rotational: isRotational)
  }

  /// `nvme0c1n1` is a path of the multipath device `nvme0n1`.
  private static func isPathName(_ name: String) -> Bool {
    guard name.hasPrefix("nvme") else { return false }
    return name.dropFirst(4).contains("c")
  }

  private static func kind(
    _ name: String, vendor: String?, model: String?, place: String?, rotational: Known<Bool>
  ) -> Kind {
    let names: [(String, Kind)] = [
      ("nvme", .nvme), ("vd", .virtio), ("xvd", .xen), ("dm-", .deviceMapper), ("md", .md),
      ("loop", .loop), ("ram", .ram), ("zram", .zram), ("sr", .optical), ("fd", .floppy),
      ("nbd", .network), ("rbd", .network), ("drbd", .network), ("zd", .network),
      ("mmcblk", .mmc), ("bcache", .other), ("nullb", .other),
    ]
    if let known = names.first(where: { name.hasPrefix($0.0) }) { return known.1 }
    guard name.hasPrefix("sd") || name.hasPrefix("hd") else {
      return .other
    }
    let words = ["QEMU", "VMware", "Msft", "VBOX", "Xen", "Virtio", "NUTANIX", "Google"]
    let text = (vendor ?? "") + " " + (model ?? "")
    if words.contains(where: { text.contains($0) }) || place?.contains("/virtio") == true {
      return .virtual
    }
    switch rotational.value {
    case true?: return .hdd
    case false?: return .ssd
    case nil: return .other
    }
  }
}
