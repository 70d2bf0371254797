// Disks and controllers of a definition.

/// A `<disk>`.
///
/// A class only so that handing it on costs one count instead of one for each of its texts: it never
/// changes.
public final class DomainDisk: Sendable {
  /// The element.
  public let node: XMLNode
  /// Its name among the subjects: `web1/vda`.
  public let subjectName: String
  /// `disk` (the default), `cdrom`, `floppy` or `lun`.
  public let device: String
  /// `file`, `block`, `network`, `volume`, `nvme` …
  public let type: String
  /// `target/@dev`.
  public let target: String?
  /// `target/@bus`, or what libvirt takes from the target's name; nil where nobody can tell.
  public let bus: String?
  /// `source/@file`.
  public let file: String?
  /// `source/@dev`.
  public let blockPath: String?
  /// `source/@pool` and `@volume`.
  public let volume: (pool: String, name: String)?
  /// `source/@protocol` of a network disk.
  public let networkProtocol: String?
  /// Whether there is a `<source>` (an empty drive has none).
  public let hasSource: Bool
  /// The `<driver>` element; nil where absent.
  public let driver: XMLNode?
  /// `driver/@type`; nil where absent.
  public let format: String?
  /// `driver/@cache`; nil where absent.
  public let cache: String?
  /// `driver/@io`; nil where absent.
  public let io: String?
  /// `driver/@discard`; nil where absent.
  public let discard: String?
  /// `driver/@queues`; nil where absent.
  public let queues: Int?
  /// `driver/@iothread`; nil where absent.
  public let iothread: Int?
  /// `driver/iothreads/iothread/@id` (libvirt 10 and later).
  public let iothreads: [Int]
  /// `driver/metadata_cache/max_size` in KiB.
  public let metadataCacheKiB: Int?
  /// Whether `<readonly/>` is there, or the drive is a CD-ROM.
  public let isReadOnly: Bool
  /// Whether `<shareable/>` is there.
  public let isShareable: Bool
  /// Whether `<transient/>` is there.
  public let isTransient: Bool
  /// How many layers `<backingStore>` names below the image; nil where the element is absent.
  public let backingDepth: Int?
  /// `blockio/@logical_block_size`.
  public let logicalBlockSize: Int?
  /// `blockio/@physical_block_size`.
  public let physicalBlockSize: Int?
  /// The controller it hangs on, where its address says.
  public let controllerIndex: Int?

  /// The host PCI address of a disk of type nvme.
  public let pciAddress: String?

  /// Where its data lies: a path of the host; nil for network, volume and empty drives.
  public var path: String? { file ?? blockPath }
  /// Whether disk rules speak of it: CD-ROMs, floppies and passed-through LUNs are left out.
  public var isDisk: Bool { device == "disk" }

  init(_ node: XMLNode, subjectName: String) throws(DomainError) {
    self.node = node
    self.subjectName = subjectName
    device = node["device"] ?? "disk"
    type = node["type"] ?? "file"
    let targetNode = node.first("target")
    target = targetNode?["dev"]
    bus = targetNode?["bus"] ?? Self.bus(ofTarget: target, device: device)
    let source = node.first("source")
    hasSource = source != nil
    file = source?["file"]
    blockPath = source?["dev"]
    if let pool = source?["pool"], let name = source?["volume"] {
      volume = (pool, name)
    } else {
      volume = nil
    }
    networkProtocol = source?["protocol"]
    pciAddress = type == "nvme" ? try PCIAddress.text(of: source?.first("address")) : nil
    driver = node.first("driver")
    format = driver?["type"]
    cache = driver?["cache"]
    io = driver?["io"]
    discard = driver?["discard"]
    queues = try driver?.number("queues", in: 0...Domain.vcpuLimit)
    iothread = try driver?.number("iothread")
    var iothreads: [Int] = []
    for thread in driver?.first("iothreads")?.all("iothread") ?? [] {
      if let id = try thread.number("id") { iothreads.append(id) }
    }
    self.iothreads = iothreads
    metadataCacheKiB = try driver?.descend("metadata_cache/max_size").map {
      size throws(DomainError) in
      // Bytes here, not KiB, where no unit is given.
      size["unit"] == nil ? (try size.number() + 1023) / 1024 : try size.sizeKiB()
    }
    isReadOnly = node.first("readonly") != nil || device == "cdrom"
    isShareable = node.first("shareable") != nil
    isTransient = node.first("transient") != nil
    backingDepth = node.first("backingStore").map { Self.depth($0) }
    let blockio = node.first("blockio")
    logicalBlockSize = try blockio?.number("logical_block_size")
    physicalBlockSize = try blockio?.number("physical_block_size")
    controllerIndex = try node.first("address")?.hexNumber("controller", upTo: 0xFFFF)
  }

  private static func bus(ofTarget target: String?, device: String) -> String? {
    if device == "floppy" { return "fdc" }
    guard let target else { return nil }
    let names = [
      ("fd", "fdc"), ("hd", "ide"), ("sd", "scsi"), ("vd", "virtio"), ("xvd", "xen"),
      ("ubd", "uml"), ("nvme", "nvme"),
    ]
    return names.first { target.hasPrefix($0.0) }?.1
  }

  private static func depth(_ first: XMLNode) -> Int {
    var depth = 0
    var node: XMLNode? = first
    while let store = node, store.first("source") != nil || store.first("format") != nil {
      depth += 1
      node = store.first("backingStore")
    }
    return depth
  }
}

/// A `<controller>`.
public struct DomainController: Sendable {
  /// The element.
  public let node: XMLNode
  /// Its name among the subjects: `web1/scsi0`.
  public let subjectName: String
  /// `scsi`, `pci`, `usb`, `virtio-serial` …
  public let type: String
  /// Its index; nil where absent.
  public let index: Int?
  /// Its model; nil where absent.
  public let model: String?
  /// `driver/@queues`.
  public let queues: Int?
  /// `driver/@iothread`.
  public let iothread: Int?
  /// `driver/iothreads/iothread/@id`.
  public let iothreads: [Int]
  /// Whether it is a paravirtual SCSI controller.
  public var isVirtioSCSI: Bool { type == "scsi" && (model ?? "").hasPrefix("virtio") }

  init(_ node: XMLNode, subjectName: String) throws(DomainError) {
    self.node = node
    self.subjectName = subjectName
    type = node["type"] ?? ""
    index = try node.number("index", in: 0...0xFFFF_FFFF)
    model = node["model"]
    let driver = node.first("driver")
    queues = try driver?.number("queues", in: 0...Domain.vcpuLimit)
    iothread = try driver?.number("iothread")
    var iothreads: [Int] = []
    for thread in driver?.first("iothreads")?.all("iothread") ?? [] {
      if let id = try thread.number("id") { iothreads.append(id) }
    }
    self.iothreads = iothreads
  }
}
