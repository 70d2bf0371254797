// Hosts that are set right, one for each profile, and the same on other machines.
//
// The values are written down here once more, from the table of profile values, so that a wrong
// profile or rule shows: nothing critical or warning may be found on any of them.

import Testing

@testable import TuneKit

/// A host with the profile it is right for.
struct RightHost: Sendable, CustomTestStringConvertible {
  let name: String
  let family: ProfileFamily
  let snapshot: Snapshot
  var testDescription: String { "\(name) [\(family.rawValue)]" }

  static let cpu = "/sys/devices/system/cpu/"

  /// The Intel machine of the examples for every profile, then other machines.
  static let all: [RightHost] =
    ProfileFamily.allCases.map { RightHost(name: "intel", family: $0, snapshot: intel($0)) }
    + OtherMachines.all

  // MARK: - By profile

  /// What differs from the general profile.
  private struct Values {
    var sysctls: [String: String] = [:]
    var deepestAllowed = 3
    var isDedicated = false
    var pages = "always [madvise] never"
    var defrag = "always defer defer+madvise [madvise] never"
  }

  private static func values(_ family: ProfileFamily) -> Values {
    var values = Values()
    switch family {
    case .db:
      values.deepestAllowed = 2
      values.defrag = "always defer [defer+madvise] madvise never"
    case .latency, .network, .hpc:
      values.sysctls = [
        "vm.dirty_ratio": "10", "vm.dirty_background_ratio": "3", "net.core.busy_read": "50",
        "net.core.busy_poll": "50", "kernel.numa_balancing": "0",
      ]
      values.deepestAllowed = 1
      values.isDedicated = true
      if family == .hpc { values.pages = "[always] madvise never" }
    case .throughput: values.sysctls = ["vm.dirty_background_ratio": "10"]
    default: break
    }
    if family == .network || family == .throughput {
      values.sysctls["net.ipv4.tcp_rmem"] = "4096 131072 16777216"
      values.sysctls["net.ipv4.tcp_wmem"] = "4096 16384 16777216"
    }
    return values
  }

  /// Two nodes of four cores with two threads; one small guest runs.
  static func intel(_ family: ProfileFamily) -> Snapshot {
    let values = values(family)
    var host = Snapshot.exampleHost().with(
      "/tuned-vm/capabilities.xml",
      "<capabilities><host><secmodel><model>apparmor</model></secmodel></host></capabilities>\n"
    ).with(
      "/tuned-vm/units.json",
      #"{"irqbalance.service":{"active":"active"},"nftables.service":{"active":"active"}}"#
    ).with(
      "/etc/nftables.conf",
      "chain input {\ntype filter hook input priority 0; policy drop;\n"
        + "ip saddr 10.0.0.0/8 tcp dport { 22, 16514 } accept\n}\n"
    ).with(
      "/etc/libvirt/qemu.conf", "migrate_tls_x509_cert_dir = \"/etc/pki/libvirt-migrate\"\n")
    for (key, value) in values.sysctls { host = host.with(Snapshot.sysctlPath(key), value + "\n") }
    let sysctls = ["vm.swappiness": "10", "vm.dirty_ratio": "40", "vm.dirty_background_ratio": "5"]
      .merging(values.sysctls) { _, new in new }
    host =
      host
      .with(
        "/etc/sysctl.d/60-site.conf",
        sysctls.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined()
      ).without("/etc/sysctl.d/60-tuned-vm.conf")
      .with("/sys/kernel/mm/transparent_hugepage/enabled", values.pages + "\n")
      .with("/sys/kernel/mm/transparent_hugepage/defrag", values.defrag + "\n")
      .with(
        "/etc/tmpfiles.d/60-tuned-vm.conf",
        """
        w \(cpu)cpufreq/policy*/scaling_governor - - - - performance
        w \(cpu)intel_pstate/min_perf_pct - - - - 100
        w /sys/kernel/mm/transparent_hugepage/enabled - - - - \(KernelText.choice(values.pages) ?? "")
        w /sys/kernel/mm/transparent_hugepage/defrag - - - - \(KernelText.choice(values.defrag) ?? "")

        """)
    for number in 0..<16 where values.deepestAllowed < 3 {
      for state in (values.deepestAllowed + 1)...3 {
        host = host.with("\(cpu)cpu\(number)/cpuidle/state\(state)/disable", "1\n")
      }
    }
    return guest(family, values.isDedicated, on: host)
  }

  private static func guest(
    _ family: ProfileFamily, _ isDedicated: Bool, on host: Snapshot
  ) -> Snapshot {
    let mode = family == .general || family == .migratable ? "host-model" : "host-passthrough"
    let features =
      family == .secure ? "<feature policy='disable' name='vmx'/>" : ""
    let processor =
      "<cpu mode='\(mode)' check='none'>\(features)<topology sockets='1' cores='1' threads='2'/>"
      + (isDedicated || family == .db ? "<cache mode='passthrough'/>" : "") + "</cpu>"
    guard isDedicated else {
      return host.withDomain(
        DomainXML.example(
          vcpus: 2, memoryMiB: 512, system: DomainXML.linux, extra: processor,
          devices: "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/>"
            + "</channel><memballoon model='virtio'><stats period='5'/></memballoon>"),
        running: true)
    }
    let pins =
      "<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='10'/>"
      + "<emulatorpin cpuset='0,8'/></cputune>"
      + "<numatune><memory mode='strict' nodeset='0'/></numatune>"
    return host.withDomain(
      DomainXML.example(
        vcpus: 2, memoryMiB: 512, system: DomainXML.linux, extra: pins + processor,
        devices: "<memballoon model='none'/>"), running: true
    ).with(cpu + "isolated", "2,10\n").with(cpu + "nohz_full", "2,10\n")
      .with("/sys/module/kvm/parameters/kvmclock_periodic_sync", "N\n")
      .with("/sys/module/kvm_intel/parameters/ple_gap", "0\n")
  }
}
