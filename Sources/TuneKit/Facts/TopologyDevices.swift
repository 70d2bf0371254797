// Devices with their place, for drawings and locality.

extension Topology {
  /// Cards, disks, and the PCI devices that are neither but matter: accelerators, and cards and
  /// controllers that a guest has.
  static func devices(
    _ interfaces: [NetworkInterface], _ disks: [BlockDevice], _ pci: [PCIDevice]
  ) -> [Device] {
    let byAddress = Dictionary(
      pci.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    func node(_ own: Int?, _ address: String?) -> Int? {
      own ?? address.flatMap { byAddress[$0]?.numaNode }
    }
    var result: [Device] = []
    for card in interfaces where card.kind == .physical {
      result.append(
        Device(kind: "net", name: card.name, pci: card.pci, numaNode: node(card.numaNode, card.pci))
      )
    }
    for disk in disks where disk.isLeafDisk {
      result.append(
        Device(
          kind: "block", name: disk.name, pci: disk.pci, numaNode: node(disk.numaNode, disk.pci)))
    }
    let shown = Set(result.compactMap(\.pci))
    for device in pci where !shown.contains(device.address) && matters(device) {
      result.append(
        Device(
          kind: "pci", name: device.address, pci: device.address, numaNode: device.numaNode))
    }
    return result
  }

  private static func matters(_ device: PCIDevice) -> Bool {
    guard let code = device.classCode else { return false }
    if device.isGPU || code.hasPrefix("0b40") { return true }
    return (code.hasPrefix("02") || code.hasPrefix("0108")) && device.driver == "vfio-pci"
  }
}
