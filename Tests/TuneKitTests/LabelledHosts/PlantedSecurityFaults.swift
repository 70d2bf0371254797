// Faults in what keeps guests apart.

@testable import TuneKit

extension HostFault {
  private static let vulnerabilities = "/sys/devices/system/cpu/vulnerabilities/"
  private static let smt = "/sys/devices/system/cpu/smt/"
  private static let leaking =
    "Mitigation: PTE Inversion; VMX: conditional cache flushes, SMT vulnerable\n"

  private static func argument(_ text: String) -> HostFault {
    HostFault("booted with \(text)", "sec.mitigations-off") {
      $0.with("/proc/cmdline", "root=/dev/sda1 \(text) quiet\n")
        .with(vulnerabilities + "l1tf", leaking)
        .with(vulnerabilities + "mds", "Mitigation: Clear CPU buffers; SMT disabled\n")
        .with(vulnerabilities + "meltdown", "Mitigation: PTI\n")
        .with("/sys/module/kvm_intel/parameters/vmentry_l1d_flush", "always\n")
        .with(smt + "active", "0\n").with(smt + "control", "off\n")
    }
  }

  static let security: [HostFault] = arguments + tenants

  private static let arguments: [HostFault] =
    [
      "mitigations=off", "mitigations=auto mitigations=off", "nospectre_v2", "spectre_v2=off",
      "spectre-v2=off", "l1tf=off", "mds=off", "nopti", "kvm-intel.vmentry_l1d_flush=never",
      "kvm.nx_huge_pages=never", "\"mitigations=off\"",
    ].map { argument($0) }

  private static let tenants: [HostFault] = [
    HostFault("open", "sec.vulnerabilities") {
      $0.with(vulnerabilities + "retbleed", "Vulnerable\n")
    },
    HostFault("KVM's own line", "sec.vulnerabilities") {
      $0.with(vulnerabilities + "itlb_multihit", "KVM: Vulnerable\n")
    },
    HostFault("no barrier", "sec.spectre-v2", also: ["sec.vulnerabilities"]) {
      $0.with(vulnerabilities + "spectre_v2", "Vulnerable, IBPB: disabled, STIBP: disabled\n")
    },
    HostFault("IBPB off between tenants", "sec.spectre-v2", under: [.secure]) {
      $0.with(vulnerabilities + "spectre_v2", "Mitigation: Retpolines; IBPB: disabled\n")
    },
    HostFault("the cache is never flushed", "sec.l1tf") {
      $0.with(vulnerabilities + "l1tf", "Mitigation: PTE Inversion; VMX: vulnerable\n")
        .with("/sys/module/kvm_intel/parameters/vmentry_l1d_flush", "never\n")
    },
    HostFault("sometimes flushed, for tenants", "sec.l1tf", under: [.secure]) {
      $0.with(vulnerabilities + "l1tf", leaking)
        .with("/sys/module/kvm_intel/parameters/vmentry_l1d_flush", "cond\n")
        .with(smt + "active", "0\n").with(smt + "control", "off\n")
    },
    HostFault(
      "two tenants on leaking cores", "sec.mds-smt", under: [.secure], also: ["cpu.smt-policy"]
    ) {
      $0.with(vulnerabilities + "mds", "Mitigation: Clear CPU buffers; SMT vulnerable\n")
        .withDomain(
          DomainXML.example(
            name: "tenant", vcpus: 1, memoryMiB: 512, system: DomainXML.linux,
            extra: "<cpu mode='host-passthrough'><feature policy='disable' name='vmx'/></cpu>"),
          running: true)
    },
    HostFault("mixed microcode", "sec.microcode") { host in
      let info = host.raw("/proc/cpuinfo").value ?? ""
      guard let range = info.firstRange(of: "0x5003604") else { return host }
      return host.with(
        "/proc/cpuinfo",
        info[..<range.lowerBound] + "0x5003501" + info[range.upperBound...])
    },
    HostFault("old microcode", "sec.microcode", also: ["sec.vulnerabilities"]) {
      $0.with(vulnerabilities + "gather_data_sampling", "Vulnerable: No microcode\n")
    },
    HostFault(
      "microcode older than the kernel knows", "sec.microcode", also: ["sec.vulnerabilities"]
    ) {
      $0.with(vulnerabilities + "old_microcode", "Vulnerable\n")
    },
    HostFault("confinement switched off", "sec.svirt") {
      $0.with(
        "/etc/libvirt/qemu.conf",
        "security_driver = \"none\"\nmigrate_tls_x509_cert_dir = \"/etc/pki\"\n")
    },
    HostFault("no confinement", "sec.svirt") {
      $0.with(
        "/tuned-vm/capabilities.xml",
        "<capabilities><host><secmodel><model>dac</model></secmodel></host></capabilities>\n")
    },
    HostFault("QEMU as root", "sec.qemu-root") {
      $0.with(
        "/etc/libvirt/qemu.conf", "user = \"root\"\nmigrate_tls_x509_cert_dir = \"/etc/pki\"\n")
    },
    HostFault("no filter of system calls", "sec.seccomp") {
      $0.with(
        "/etc/libvirt/qemu.conf",
        "seccomp_sandbox = 0\nmigrate_tls_x509_cert_dir = \"/etc/pki\"\n")
    },
    HostFault("libvirt for everybody", "sec.libvirt-listen") {
      $0.with(
        "/proc/net/tcp",
        "  sl  local_address rem_address   st\n   0: 00000000:407D 00000000:0000 0A 0:0\n"
      ).with("/etc/libvirt/libvirtd.conf", "auth_tcp = \"none\"\n")
    },
    HostFault("libvirt over plain TCP", "sec.libvirt-listen") {
      $0.with("/proc/net/tcp", "  sl  local_address rem_address   st\n").with(
        "/proc/net/tcp6",
        "  sl  local_address rem_address   st\n   0: \(String(repeating: "0", count: 32)):407D "
          + "\(String(repeating: "0", count: 32)):0000 0A 0:0\n")
    },
    HostFault("service discovery", "sec.host-services", under: but(.desktop)) {
      units($0, "avahi-daemon.service")
    },
    HostFault("no packet filter", "sec.firewall") {
      $0.with("/tuned-vm/units.json", #"{"irqbalance.service":{"active":"active"}}"#)
    },
    HostFault("no default drop", "sec.firewall") {
      $0.with(
        "/etc/nftables.conf",
        "chain input { type filter hook input priority 0; policy accept; }\n")
    },
  ]
}
