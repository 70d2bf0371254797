// Names of ARM processors, which /proc/cpuinfo gives as numbers only.

enum CPUNames {
  /// The implementer's name (Arm Architecture Reference Manual, MIDR_EL1).
  static func implementer(_ code: String) -> String? {
    implementers[code.lowercased()]
  }

  /// A readable name; the numbers themselves where they are not in the table.
  static func arm(implementer: String, part: String) -> String {
    let maker = Self.implementer(implementer) ?? "implementer \(implementer)"
    let key = "\(implementer.lowercased()) \(part.lowercased())"
    if let name = parts[key] { return "\(maker) \(name)" }
    return part.isEmpty ? maker : "\(maker) part \(part)"
  }

  private static let implementers = [
    "0x41": "ARM", "0x42": "Broadcom", "0x43": "Cavium", "0x46": "Fujitsu", "0x48": "HiSilicon",
    "0x4e": "NVIDIA", "0x50": "APM", "0x51": "Qualcomm", "0x53": "Samsung", "0x61": "Apple",
    "0x6d": "Microsoft", "0x70": "Phytium", "0xc0": "Ampere",
  ]

  private static let parts = [
    "0x41 0xd03": "Cortex-A53", "0x41 0xd04": "Cortex-A35", "0x41 0xd05": "Cortex-A55",
    "0x41 0xd07": "Cortex-A57", "0x41 0xd08": "Cortex-A72", "0x41 0xd09": "Cortex-A73",
    "0x41 0xd0a": "Cortex-A75", "0x41 0xd0b": "Cortex-A76", "0x41 0xd0c": "Neoverse-N1",
    "0x41 0xd40": "Neoverse-V1", "0x41 0xd41": "Cortex-A78", "0x41 0xd49": "Neoverse-N2",
    "0x41 0xd4f": "Neoverse-V2", "0x43 0x0a1": "ThunderX", "0x43 0x0af": "ThunderX2",
    "0x46 0x001": "A64FX", "0x48 0xd01": "Kunpeng-920", "0x50 0x000": "X-Gene",
    "0x51 0xc00": "Falkor", "0x70 0x662": "FT-2000+", "0xc0 0xac3": "Ampere-1",
    "0xc0 0xac4": "Ampere-1a",
  ]
}
