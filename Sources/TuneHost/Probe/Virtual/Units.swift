// Which of the services that matter to a host are active and enabled.
//
// Read from what systemd leaves in files: a started unit has a link in /run/systemd/units or a
// cgroup of its own, an enabled one a link below /etc/systemd/system. Asking over D-Bus would say
// more (failed units, reasons) and needs a bus, a client and a running manager. Without systemd a
// daemon is active where a process of its name runs.

import Glibc
import TuneKit

/// States of units.
struct Units {
  /// The units that rules ask about.
  static let names: [String] =
    [
      "tuned", "tuned-ppd", "power-profiles-daemon", "tlp", "auto-cpufreq", "cpupower",
      "cpufrequtils", "thermald", "numad", "ksm", "ksmtuned", "irqbalance", "libvirtd",
      "virtqemud", "virtproxyd", "virtnetworkd", "virtstoraged", "libvirt-guests", "avahi-daemon",
      "cups", "bluetooth", "nftables", "firewalld", "ufw", "netfilter-persistent", "iptables",
      "docker", "containerd", "kubelet", "openvswitch-switch", "openvswitch", "ovs-vswitchd",
      "chrony", "chronyd", "ntpd", "ntpsec", "systemd-timesyncd", "multipathd", "zfs-zed",
      "lvm2-monitor",
      "apparmor", "auditd", "nova-compute", "pve-cluster", "tuned-vm",
    ].map { $0 + ".service" }
    + [
      "libvirtd-tcp", "libvirtd-tls", "virtproxyd-tcp", "virtproxyd-tls", "libvirtd", "virtqemud",
      "cups", "avahi-daemon",
    ].map { $0 + ".socket" }

  private let root: Root
  private let managed: Bool
  private let started: Set<String>
  private let enabled: Set<String>
  private let processes: Set<String>

  init(_ root: Root) {
    self.root = root
    managed = root.list("/run/systemd/system") != nil
    started = managed ? Self.started(root) : []
    enabled = Self.enabled(root)
    processes = managed ? [] : Self.processes(root)
  }

  /// `{"NAME":{"active":"active"|"inactive","enabled":"enabled"|"disabled"|"masked"|null}}` of the
  /// units that are installed or active.
  var json: JSONValue {
    .object(
      pairs: Self.names.sorted().compactMap { name in
        let active = isActive(name)
        let state = enablement(name)
        guard active || state != nil else { return nil }
        return (
          name,
          .object(pairs: [
            ("active", .string(active ? "active" : "inactive")), ("enabled", .optional(state)),
          ])
        )
      })
  }

  private func isActive(_ name: String) -> Bool {
    if managed { return started.contains(name) }
    guard name.hasSuffix(".service") else { return false }
    // The kernel keeps 15 bytes of a process's name.
    return processes.contains(String(name.dropLast(".service".count).prefix(15)))
  }

  private func enablement(_ name: String) -> String? {
    if root.target(ofLink: "/etc/systemd/system/\(name)") == "/dev/null" { return "masked" }
    if enabled.contains(name) { return "enabled" }
    let places = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]
    return places.contains { root.exists("\($0)/\(name)") } ? "disabled" : nil
  }

  private static func started(_ root: Root) -> Set<String> {
    let links = root.list("/run/systemd/units") ?? []
    var result = Set(
      links.compactMap { $0.hasPrefix("invocation:") ? String($0.dropFirst(11)) : nil })
    for place in ["/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice"] {
      result.formUnion(root.list(place) ?? [])
    }
    return result
  }

  private static func enabled(_ root: Root) -> Set<String> {
    var result: Set<String> = []
    for name in root.list("/etc/systemd/system") ?? []
    where name.hasSuffix(".wants") || name.hasSuffix(".requires") {
      result.formUnion(root.list("/etc/systemd/system/\(name)") ?? [])
    }
    return result
  }

  private static func processes(_ root: Root) -> Set<String> {
    var result: Set<String> = []
    for entry in root.list("/proc") ?? [] where entry.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) {
      if case .text(let comm) = root.read("/proc/\(entry)/comm") {
        result.insert(comm.trimmedBlanks)
      }
    }
    return result
  }
}
