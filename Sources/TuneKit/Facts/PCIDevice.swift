// PCI devices and the groups the IOMMU keeps them in.

/// A PCI device.
public struct PCIDevice: Sendable, Equatable {
  /// `0000:3b:00.0`.
  public let address: String
  /// The six hexadecimal digits of the class; nil where unreadable.
  public let classCode: String?
  /// Vendor, four hexadecimal digits.
  public let vendor: String?
  /// Device, four hexadecimal digits.
  public let device: String?
  /// The bound driver; nil where none is.
  public let driver: String?
  /// Its node; nil where the firmware doesn't say.
  public let numaNode: Int?
  /// Its IOMMU group; nil where it is in none.
  public let iommuGroup: Int?
  /// Whether the firmware used it as the boot display.
  public let isBootVGA: Bool
  /// `sriov_totalvfs`; nil without SR-IOV.
  public let totalVFs: Int?
  /// `sriov_numvfs`.
  public let enabledVFs: Int?
  /// The physical function it is a virtual function of.
  public let physicalFunction: String?
  /// CPUs near it; nil where unreadable.
  public let localCPUs: CPUSet?

  /// Whether it is a display or compute accelerator (classes 03 and 12).
  public var isGPU: Bool { classCode.map { $0.hasPrefix("03") || $0.hasPrefix("12") } ?? false }
  /// Whether it is a bridge (class 06), which may share a group with an assigned device.
  public var isBridge: Bool { classCode?.hasPrefix("06") ?? false }

  init(_ snapshot: Snapshot, _ address: String) {
    let base = "/sys/bus/pci/devices/\(address)"
    func hex(_ name: String) -> String? {
      snapshot.text("\(base)/\(name)").value.map {
        ($0.hasPrefix("0x") ? String($0.dropFirst(2)) : $0).lowercased()
      }
    }
    func last(_ link: String) -> String? {
      snapshot.links["\(base)/\(link)"].flatMap { $0.split(separator: "/").last.map(String.init) }
    }
    self.address = address
    classCode = hex("class")
    vendor = hex("vendor")
    device = hex("device")
    driver = last("driver")
    numaNode = snapshot.integer(base + "/numa_node").value.flatMap { $0 >= 0 ? $0 : nil }
    iommuGroup = last("iommu_group").flatMap { Int($0) }
    isBootVGA = snapshot.text(base + "/boot_vga").value == "1"
    totalVFs = snapshot.integer(base + "/sriov_totalvfs").value
    enabledVFs = snapshot.integer(base + "/sriov_numvfs").value
    physicalFunction = last("physfn")
    localCPUs =
      snapshot.text(base + "/local_cpulist").value.flatMap { CPUSet(list: $0) }
      ?? snapshot.text(base + "/local_cpus").value.flatMap { CPUSet(mask: $0) }
  }

  static func all(_ snapshot: Snapshot) -> Known<[PCIDevice]> {
    let directory = "/sys/bus/pci/devices"
    guard let names = snapshot.names(directory) else {
      return Known(missing: "was not read", from: directory)
    }
    return Known(names.map { PCIDevice(snapshot, $0) }, from: directory)
  }

  /// The last PCI address on a way through /sys/devices.
  static func lastAddress(in path: String) -> String? {
    path.split(separator: "/").last { isAddress($0) }.map(String.init)
  }

  private static func isAddress(_ text: Substring) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count >= 4, parts[1].count == 2 else { return false }
    let tail = parts[2].split(separator: ".", omittingEmptySubsequences: false)
    guard tail.count == 2, tail[0].count == 2, tail[1].count == 1 else { return false }
    return (parts[0] + parts[1] + tail[0] + tail[1]).allSatisfy(\.isHexDigit)
  }
}

/// IOMMU groups.
public struct IOMMU: Sendable, Equatable {
  /// Devices by group number. Empty: the directory is there and holds none (no IOMMU in use).
  /// Missing: nobody looked.
  public let groups: Known<[Int: [String]]>
  /// Names of the units (`dmar0`, `ivhd0`); empty where there are none.
  public let units: [String]

  init(_ snapshot: Snapshot) {
    let directory = "/sys/kernel/iommu_groups"
    units = snapshot.names("/sys/class/iommu") ?? []
    guard let names = snapshot.names(directory) else {
      groups = Known(missing: "was not read", from: directory)
      return
    }
    var found: [Int: [String]] = [:]
    for name in names {
      guard let number = Int(name) else { continue }
      found[number] = snapshot.names("\(directory)/\(name)/devices") ?? []
    }
    groups = Known(found, from: directory)
  }
}
