// What hwloc sees of the machine, as hwloc writes it down (`tuned-vm/hwloc.xml`): for people, who open
// it with `lstopo -i`. No audit reads it, for hwloc reads the captured tree itself.

import TuneKit

/// Takes out of hwloc's XML what doesn't belong into a capture.
enum HwlocXML {
  /// Where it stands in a capture.
  static let path = "/tuned-vm/hwloc.xml"

  /// Who asked, which is not the host's.
  private static let ofTheCaller: Set<String> = ["ProcessName", "LinuxCgroup"]

  /// What tells of parts and not of one machine; all else may be a name, an address or a serial
  /// number (`HostName`, `Address`, `SerialNumber`, `DMIProductUUID`, `NodeGUID` …).
  private static let impersonal: Set<String> = [
    "Architecture", "Backend", "CPUFamilyNumber", "CPUModel", "CPUModelNumber", "CPURevision",
    "CPUStepping", "CPUVendor", "CoreType", "FrequencyBaseMHz", "FrequencyMaxMHz", "GPUModel",
    "GPUVendor", "Inclusive", "LinuxCapacity", "LinuxDeviceID", "Model", "PCIDevice", "PCISlot",
    "PCIVendor", "SectorSize", "Size", "Type", "Vendor", "hwlocVersion",
  ]

  /// The export of one host, the same whoever asks; empty where it is no XML.
  static func lasting(_ bytes: [UInt8]) -> [UInt8] {
    removed(from: bytes) { $0.name == "info" && ofTheCaller.contains($0["name"] ?? "") }
  }

  /// Without what names a machine.
  static func redacted(_ bytes: [UInt8]) -> [UInt8] {
    removed(from: bytes) { node in
      switch node.name {
      case "info": !impersonal.contains(node["name"] ?? "")
      // Whatever a program keeps with an object.
      case "userdata": true
      default: false
      }
    }
  }

  private static func removed(
    from bytes: [UInt8], _ isUnwanted: (XMLNode) -> Bool
  ) -> [UInt8] {
    let bytes = withoutDoctype(bytes)
    guard let document = try? XMLDocument(bytes) else { return [] }
    let unwanted = document.root.descendants.filter(isUnwanted)
    return XMLRedaction.splice(
      bytes,
      unwanted.map { node in
        let range = node.element.tag.lowerBound..<node.element.end
        return (Self.line(of: range, in: bytes), "")
      })
  }

  /// With the blanks before it and the end of the line behind it, where it has a line of its own.
  private static func line(of range: Range<Int>, in bytes: [UInt8]) -> Range<Int> {
    guard range.upperBound < bytes.count, bytes[range.upperBound] == 10 else { return range }
    var start = range.lowerBound
    while start > 0, bytes[start - 1] == 32 { start -= 1 }
    return start > 0 && bytes[start - 1] == 10 ? start..<range.upperBound + 1 : range
  }

  /// hwloc names a file of its own there, and reads the rest without it. Our own reader refuses
  /// such declarations.
  private static func withoutDoctype(_ bytes: [UInt8]) -> [UInt8] {
    let head = bytes.prefix(1024)
    guard let start = head.indices.first(where: { head[$0...].starts(with: "<!DOCTYPE ".utf8) }),
      let end = head[start...].firstIndex(of: UInt8(ascii: ">")),
      !head[start...end].contains(UInt8(ascii: "["))
    else { return bytes }
    let next = end + 1 < bytes.count && bytes[end + 1] == 10 ? end + 2 : end + 1
    return Array(bytes[..<start] + bytes[next...])
  }
}
