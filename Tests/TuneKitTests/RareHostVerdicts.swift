// Verdicts about hosts that no example shows.

@testable import TuneKit

extension RareVerdictTests {
  private static let host = Snapshot.exampleHost()
  private static let power = host.with("/proc/sys/kernel/arch", "ppc64le\n")
  private static let vulnerabilities = "/sys/devices/system/cpu/vulnerabilities"
  private static let nested = "/sys/module/kvm_intel/parameters/nested"
  private static let buffered = host.withDomain(
    disk(
      "<disk type='file'><driver type='raw' cache='writeback'/><source file='/srv/a'/>"
        + "<target dev='vda'/></disk>"))

  private static func ethtool(_ card: String) -> Snapshot {
    host.with("/tuned-vm/ethtool.json", "{\(card)}")
  }

  /// Images on a file system of so many bytes, if that is known.
  private static func images(_ promised: Int, capacity: Int?, below: String = "/srv") -> Snapshot {
    let size = capacity.map { ",\"sizeBytes\":\($0)" } ?? ""
    return host.with(
      "/tuned-vm/images.json", "{\"\(below)/a.qcow2\":{\"virtualBytes\":\(promised)}}"
    ).with("/tuned-vm/filesystems.json", "{\"/srv\":{\"type\":\"ext4\"\(size)}}")
  }

  private static let merging = host.with("/sys/kernel/mm/ksm/run", "1\n")
    .with("/sys/kernel/mm/ksm/pages_sharing", "100\n")
    .with("/sys/kernel/mm/ksm/merge_across_nodes", "1\n")

  static let ofHosts: [Case] = [
    Case(
      "cpu.turbo", "the outer host decides", host.insideOfAGuest, under: .db, "notApplicable: outer"
    ),
    Case(
      "cpu.halt-poll", "KVM is not loaded", host.without("/sys/module/kvm/parameters"),
      "notApplicable: KVM is not loaded"),
    Case(
      "cpu.halt-poll", "how many CPUs there are is unknown",
      host.without("/sys/devices/system/cpu").without("/proc/cpuinfo"), "unknown"),
    Case(
      "io.readahead", "a disk that the profile leaves alone", buffered, under: .db,
      settings: [own("block.read_ahead_kb", .integer(128), ["name": "nosuch"])],
      "notApplicable: leaves this device alone"),
    Case(
      "io.scheduler-hdd", "a disk that the profile leaves alone", host,
      settings: [own("block.scheduler", .text("none"), ["kind": "nvme"])],
      "notApplicable: leaves this device alone"),
    Case(
      "io.scheduler-nvme", "the right scheduler is no module of this kernel",
      host.with("/sys/block/nvme0n1/queue/scheduler", "[bfq] kyber\n"), "violated"),
    Case(
      "mem.hugepages-waste", "pools were not read", host.without(pools), "unknown: \(pools)"),
    Case(
      "mem.ksm", "a kernel that merges nothing", host.without("/sys/kernel/mm/ksm"),
      "notApplicable: this kernel doesn't merge pages"),
    Case(
      "mem.ksm", "pages of different nodes", merging, under: .throughput,
      "violated: pages of different NUMA nodes are merged, so guests read remote memory [warning]"),
    Case(
      "mem.thp", "all guests have pages of their own", guest(huge), under: .db,
      "notApplicable: explicit huge pages"),
    Case(
      "mem.thp-defrag", "a kernel without large pages",
      host.without("/sys/kernel/mm/transparent_hugepage"), under: .db,
      "notApplicable: no transparent huge pages"),
    Case(
      "mig.bandwidth", "no host to read", elsewhere, under: .migratable,
      "notApplicable: connected elsewhere"),
    Case(
      "mig.bandwidth", "no way out",
      host.with("/proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"),
      under: .migratable, "unknown: there is no default route"),
    Case(
      "nest.cost", "nobody tells whether this is a guest", Snapshot(origin: .tree),
      "unknown: whether this is a guest"),
    Case(
      "nest.enabled", "an architecture without a switch", power.without(nested),
      "notApplicable: this architecture"),
    Case(
      "nest.enabled", "nothing was read", Snapshot(origin: .tree), "unknown: \(nested)"),
    Case(
      "nest.enabled", "the next boot has it",
      host.with(nested, "N\n").with("/etc/modprobe.d/n.conf", "options kvm_intel nested=1\n")
        .withDomain(
          DomainXML.example(
            extra: "<cpu mode='host-model'><feature policy='require' name='vmx'/></cpu>")),
      "satisfied"),
    Case(
      "nest.enabled", "the next boot has it no more",
      host.with(nested, "Y\n").with("/etc/modprobe.d/n.conf", "options kvm_intel nested=0\n"),
      under: .secure, "satisfied"),
    Case(
      "net.host-nic-queues", "no card",
      host.without("/sys/class/net/eno1").without("/sys/class/net/eno2"),
      "notApplicable: no card here"),
    Case(
      "net.host-nic-queues", "a card that ethtool does not know", ethtool(""),
      "notApplicable: ethtool says nothing of it"),
    Case(
      "net.host-nic-rings", "a driver that does not tell", ethtool("\"eno1\":{}"),
      "notApplicable: doesn't tell its ring"),
    Case(
      "net.ovs", "no bridge", host.with("/tuned-vm/ovs.json", "{\"Bridge\":[]}"),
      under: .network, "notApplicable: Open vSwitch has no bridge"),
    Case(
      "net.vxlan-offload", "a driver that does not know it",
      ethtool("\"eno1\":{\"features\":{}}")
        .with("/sys/class/net/vxlan10/uevent", "DEVTYPE=vxlan\nINTERFACE=vxlan10\n"),
      "notApplicable: the driver doesn't know the offload"),
    Case(
      "sec.firewall", "a ruleset that is unreadable",
      host.with("/tuned-vm/units.json", "{\"nftables.service\":{\"active\":\"active\"}}\n")
        .withUnreadable("/etc/nftables.conf"), "unknown: /etc/nftables.conf"),
    Case(
      "sec.l1tf", "another architecture", power.without(vulnerabilities + "/l1tf"),
      "notApplicable: only x86"),
    Case(
      "sec.libvirt-listen", "neither sockets nor units were read",
      host.without("/tuned-vm/units.json")
        .with("/etc/default/libvirtd", "LIBVIRTD_ARGS=\"--listen\"\n")
        .with("/etc/libvirt/libvirtd.conf", "listen_tls = 0\n"), "unknown"),
    Case(
      "sec.mds-smt", "vulnerabilities were not read", host.without(vulnerabilities),
      "unknown: \(vulnerabilities)"),
    Case(
      "sec.mds-smt", "buffers are cleared",
      host.with(
        vulnerabilities + "/mmio_stale_data", "Mitigation: Clear CPU buffers; SMT disabled\n"),
      "satisfied"),
    Case("sec.microcode", "another architecture", power, "notApplicable: no microcode revision"),
    Case(
      "sec.svirt", "switched off by hand",
      host.with("/etc/libvirt/qemu.conf", "security_driver = \"none\"\n"), under: .secure,
      "violated: qemu.conf switches confinement off"),
    Case(
      "sec.spectre-v2", "inside of a guest",
      host.insideOfAGuest.with(vulnerabilities + "/spectre_v2", "Vulnerable\n"),
      "violated: spectre_v2: 'Vulnerable' [info]"),
    Case(
      "sec.vulnerabilities", "inside of a guest",
      host.insideOfAGuest.with(vulnerabilities + "/retbleed", "Vulnerable\n"),
      "violated: the kernel calls this machine vulnerable: retbleed [info]"),
    Case(
      "size.cpu-overcommit", "nobody knows what runs", unclear(DomainXML.example()),
      "unknown: whether"),
    Case(
      "size.mem-overcommit", "nobody knows what runs", unclear(DomainXML.example()),
      "unknown: whether"),
    Case(
      "size.cpu-overcommit", "a profile without a limit",
      host.withDomain(DomainXML.example(), running: true), parameters: false,
      "notApplicable: the profile names no limit"),
    Case(
      "size.mem-overcommit", "a profile without a limit",
      host.withDomain(DomainXML.example(), running: true), parameters: false,
      "notApplicable: the profile names no limit"),
    Case(
      "size.disk-overcommit", "images of another disk", images(1, capacity: 100, below: "/else"),
      "notApplicable: no image lies on a disk that was read"),
    Case(
      "size.disk-overcommit", "a capacity that nobody knows", images(1, capacity: nil),
      "unknown: no capacity is known"),
    Case(
      "size.disk-overcommit", "half as much again, and nobody watches the pools",
      images(150, capacity: 100), off: "disk.thin-capacity", "violated: promise 1.5 times"),
  ]
}
