// Small domains for the examples of rules and for tests.

/// Builds domain definitions.
public enum DomainXML {
  /// A small Linux-neutral KVM guest on q35 with everything a rule may want to add.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - type: `kvm` or `qemu`.
  ///   - vcpus: Its vCPUs.
  ///   - vcpuAttributes: Attributes of `<vcpu>`, for instance `cpuset='0-3'`.
  ///   - memoryMiB: Its memory.
  ///   - machine: Its machine type.
  ///   - system: libosinfo's id of the guest's system; nil leaves the metadata away.
  ///   - tags: Tags of this program by name: `["trust": "a"]`.
  ///   - extra: Elements below `<domain>`, before the devices.
  ///   - devices: Elements below `<devices>`.
  /// - Returns: The text, indented as libvirt does it.
  public static func example(
    name: String = "web1", type: String = "kvm", vcpus: Int = 4, vcpuAttributes: String = "",
    memoryMiB: Int = 4096, arch: String = "x86_64", machine: String = "pc-q35-7.2",
    system: String? = nil, tags: [String: String] = [:], extra: String = "", devices: String = ""
  ) -> String {
    let attributes = vcpuAttributes.isEmpty ? " placement='static'" : " " + vcpuAttributes
    return """
      <domain type='\(type)'>
        <name>\(name)</name>
        <uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>
      \(metadata(system: system, tags: tags))\
        <memory unit='MiB'>\(memoryMiB)</memory>
        <vcpu\(attributes)>\(vcpus)</vcpu>
        <os>
          <type arch='\(arch)' machine='\(machine)'>hvm</type>
        </os>
      \(extra.isEmpty ? "" : "  \(extra)\n")\
        <devices>
          <emulator>/usr/bin/qemu-system-x86_64</emulator>
      \(devices.isEmpty ? "" : "    \(devices)\n")\
        </devices>
      </domain>

      """
  }

  private static func metadata(system: String?, tags: [String: String]) -> String {
    guard system != nil || !tags.isEmpty else { return "" }
    var lines = ["  <metadata>"]
    if let system {
      lines.append(
        "    <libosinfo:libosinfo"
          + " xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>")
      lines.append("      <libosinfo:os id='\(system)'/>")
      lines.append("    </libosinfo:libosinfo>")
    }
    for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "    <tuned-vm:\(name) xmlns:tuned-vm='\(DomainDefinition.namespace)'>\(value)"
          + "</tuned-vm:\(name)>")
    }
    lines.append("  </metadata>\n")
    return lines.joined(separator: "\n")
  }

  /// libosinfo's id of a Linux system.
  public static let linux = "http://debian.org/debian/12"
  /// libosinfo's id of a Windows system.
  public static let windows = "http://microsoft.com/win/2k22"
}

extension Snapshot {
  /// A snapshot that knows of domains and of no host.
  public static func example(domains: String...) -> Snapshot {
    domains.reduce(Snapshot()) { $0.with(domain: $1) }
  }

  /// This snapshot with one more domain that is defined but not running.
  public func with(domain xml: String) -> Snapshot {
    var copy = self
    let path = "/etc/libvirt/qemu/example\(domains.count + 1).xml"
    copy.domains.append(
      DomainSource(origin: path, persistent: Known(xml, from: path), state: .shutOff))
    return copy
  }

  /// This snapshot with one more domain that runs.
  ///
  /// - Parameters:
  ///   - xml: Its definition.
  ///   - live: The running guest's definition, where it differs.
  ///   - pid: Its process.
  public func with(running xml: String, live: String? = nil, pid: Int? = nil) -> Snapshot {
    var copy = self
    let path = "/etc/libvirt/qemu/example\(domains.count + 1).xml"
    let livePath = "/run/libvirt/qemu/example\(domains.count + 1).xml"
    copy.domains.append(
      DomainSource(
        origin: path, persistent: Known(xml, from: path),
        live: Known(live ?? xml, from: livePath), state: .running, pid: pid))
    return copy
  }

  /// This snapshot with a file.
  public func with(file path: String, _ text: String) -> Snapshot {
    var copy = self
    copy.files[path] = .text(text)
    return copy
  }
}
