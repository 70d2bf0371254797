// Who the host is.

/// Names, kernel and kind of the machine.
public struct HostIdentity: Sendable, Equatable {
  /// Its host name; nil where unreadable.
  public let name: String?
  /// 32 hexadecimal digits made from /etc/machine-id for this use; nil where unreadable.
  public let id: String?
  /// Kernel release.
  public let kernel: String?
  /// Processor model name.
  public let cpuModel: String?
  /// Whether this host is itself a guest; nil where nobody can tell.
  public let virtualized: Bool?
  /// What showed it, for evidence.
  public let virtualizedSource: String

  init(_ snapshot: Snapshot) {
    self.init(snapshot, Processor(snapshot))
  }

  init(_ snapshot: Snapshot, _ processor: Processor) {
    func nonEmpty(_ path: String) -> String? {
      snapshot.text(path).value.flatMap { $0.isEmpty || $0 == "(none)" ? nil : $0 }
    }
    name = nonEmpty("/proc/sys/kernel/hostname")
    id = nonEmpty("/etc/machine-id").flatMap(Self.identity)
    kernel = nonEmpty("/proc/sys/kernel/osrelease")
    cpuModel = processor.model
    (virtualized, virtualizedSource) = Virtualized.judge(snapshot, processor)
  }

  /// The kernel's version as numbers, `6.1.0-13-amd64` → (6, 1).
  public var kernelVersion: (major: Int, minor: Int)? {
    guard let parts = kernel?.split(separator: "."), parts.count >= 2,
      let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber })
    else { return nil }
    return (major, minor)
  }

  /// A keyed hash, as machine-id(5) asks for: the machine's own id never leaves it.
  static func identity(machineID: String) -> String? {
    let digits = machineID.lowercased()
    guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit) else { return nil }
    let hash = SHA256.hmac(key: digits.utf8, "tuned-vm host.id 1".utf8)
    return SHA256.hexadecimal(hash.prefix(16))
  }
}

/// Whether a machine is itself a guest.
enum Virtualized {
  static func judge(_ snapshot: Snapshot, _ processor: Processor) -> (Bool?, String) {
    // A Xen dom0 shows the hypervisor flag too, but it owns the hardware.
    let xen = "/proc/xen/capabilities"
    if snapshot.text(xen).value?.contains("control_d") == true { return (false, xen) }
    if processor.architecture == .x86, let flags = processor.flags.value {
      return (flags.contains("hypervisor"), "/proc/cpuinfo")
    }
    if let (guest, source) = byFirmware(snapshot) { return (guest, source) }
    if processor.architecture == .s390, let text = snapshot.raw("/proc/sysinfo").value {
      return (text.contains("VM00 "), "/proc/sysinfo")
    }
    if let text = snapshot.raw("/proc/cpuinfo").value, processor.architecture == .power {
      if text.contains("emulated by qemu") { return (true, "/proc/cpuinfo") }
      if text.contains("PowerNV") { return (false, "/proc/cpuinfo") }
    }
    if snapshot.text("/proc/device-tree/model").value == "linux,dummy-virt" {
      return (true, "/proc/device-tree/model")
    }
    return (nil, "/proc/cpuinfo")
  }

  private static func byFirmware(_ snapshot: Snapshot) -> (Bool, String)? {
    for directory in ["/sys/class/dmi/id", "/sys/devices/virtual/dmi/id"] {
      let vendor = snapshot.text(directory + "/sys_vendor").value ?? ""
      let product = snapshot.text(directory + "/product_name").value ?? ""
      guard !vendor.isEmpty || !product.isEmpty else { continue }
      if product.hasSuffix(".metal") { return (false, directory + "/product_name") }
      let text = vendor + " " + product
      return (guestWords.contains { text.contains($0) }, directory + "/product_name")
    }
    return nil
  }

  private static let guestWords = [
    "QEMU", "KVM", "VMware", "HVM domU", "VirtualBox", "innotek", "Virtual Machine", "Bochs",
    "Parallels", "Google Compute Engine", "Amazon EC2", "OpenStack", "Alibaba Cloud",
    "BHYVE", "RHEV Hypervisor", "Apple Virtualization", "VirtIO",
  ]
}
