// PCI devices that guests get, with what the host knows of them.

/// A PCI device handed to a guest, by `<hostdev>` or as an interface.
struct AssignedDevice: Sendable {
  let subject: Subject
  let address: String
  let xpath: String
  let isManaged: Bool

  static func all(_ domain: Domain) -> [AssignedDevice] {
    let devices = domain.definition.devices
    return devices.hostDevices.compactMap { device in
      device.pciAddress.map {
        AssignedDevice(
          subject: Subject(.domainDevice, device.subjectName), address: $0,
          xpath: device.node.xpath, isManaged: device.isManaged)
      }
    }
      + devices.interfaces.compactMap { interface in
        interface.pciAddress.map {
          AssignedDevice(
            subject: Subject(.domainInterface, interface.subjectName), address: $0,
            xpath: interface.node.xpath, isManaged: interface.isManaged)
        }
      }
  }

  /// The host's device of this address.
  func device(_ facts: Facts) -> PCIDevice? {
    facts.pciDevices.value?.first { $0.address == address }
  }

  /// Addresses of all devices that any guest gets.
  static func addresses(_ facts: Facts) -> Set<String> {
    Set(facts.domains.flatMap { all($0).map(\.address) })
  }

  /// The other devices of its group that a driver of the host holds: then the group isn't viable.
  /// Those that go to the same guest and are taken over by libvirt don't count.
  func holders(_ domain: Domain, _ facts: Facts) -> [PCIDevice] {
    guard let group = device(facts)?.iommuGroup, let all = facts.pciDevices.value else { return [] }
    let takenOver = Set(Self.all(domain).filter(\.isManaged).map(\.address))
    return all.filter { other in
      other.iommuGroup == group && other.address != address && !other.isBridge
        && !takenOver.contains(other.address)
        && other.driver.map { !Self.passthroughDrivers.contains($0) } ?? false
    }
  }

  static let passthroughDrivers: Set<String> = [
    "vfio-pci", "pci-stub", "pcieport", "mlx5-vfio-pci", "mlx5_vfio_pci", "hisi-acc-vfio-pci",
    "nvgrace-gpu-vfio-pci", "pds-vfio-pci", "qat_vfio_pci", "virtio_vfio_pci",
  ]
}
