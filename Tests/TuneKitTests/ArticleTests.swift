// The article's checklist and its sections 1 to 12, each shown at work: the rules that carry a
// section cite it, name a fault of it in a whole audit, and are silent on what is right.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct ArticleTests {
  /// What carries each section.
  static let sections: [(section: String, rules: [String])] = [
    ("§1.1", ["host.virt-enabled", "host.ept-npt"]),
    ("§1.3", ["size.cpu-overcommit", "size.mem-overcommit"]),
    ("§3.1", ["host.kvm-device"]),
    ("§3.2", ["disk.bus", "net.model"]),
    ("§3.4", ["dom.hyperv-enlightenments"]),
    ("§4.1", ["disk.thin-capacity", "lvm.snapshot-cow"]),
    ("§4.2", ["zfs.arc-max", "zfs.volblock", "disk.cow-on-cow"]),
    (
      "§4.3",
      [
        "disk.format", "disk.cache-mode", "disk.io-mode", "disk.backing-chain", "disk.cow-on-cow",
      ]
    ),
    ("§5.2", ["net.mtu", "net.vxlan-offload"]),
    ("§5.3", ["net.ovs"]),
    (
      "§5.4", ["net.sriov-candidate", "net.sriov-vf", "numa.device-locality", "host.iommu-enabled"]
    ),
    (
      "§6.1",
      [
        "cpu.pin-required", "cpu.pin-siblings", "cpu.pin-overlap", "cpu.dedicated-shared",
        "cpu.affinity-actual", "cpu.isolation", "cpu.topology", "cpu.mode", "numa.vcpu-spread",
        "numa.memory-binding", "numa.guest-topology", "numa.fits-node",
      ]
    ),
    (
      "§6.2", ["mem.hugepages-backing", "mem.hugepages-node", "mem.thp", "mem.ksm", "mem.balloon"]
    ),
    ("§6.3", ["disk.bus", "net.model", "net.vhost"]),
    (
      "§6.4",
      [
        "host.virt-enabled", "disk.bus", "net.model", "cpu.pin-required", "io.scheduler-nvme",
        "io.scheduler-ssd", "io.scheduler-hdd", "disk.format", "disk.cache-mode",
        "mem.hugepages-backing", "net.sriov-candidate", "net.multiqueue", "cpu.governor",
      ]
    ),
    (
      "§7",
      [
        "mig.storage", "mig.host-passthrough", "mig.device", "mig.cache-safe", "mig.invtsc",
        "mig.bandwidth",
      ]
    ),
    ("§8", ["nest.enabled", "nest.cpu-feature", "nest.cost", "nest.migration"]),
    ("§9", ["gpu.vfio-iommu", "gpu.driver-bound", "gpu.guest-shape", "gpu.mode-fit"]),
    ("§10.1", ["sec.emulated-devices"]),
    (
      "§10.2",
      [
        "sec.mitigations-off", "sec.vulnerabilities", "sec.spectre-v2", "sec.l1tf", "sec.mds-smt",
        "sec.microcode", "sec.svirt", "sec.qemu-root", "sec.seccomp", "sec.libvirt-listen",
        "sec.host-services", "sec.firewall", "sec.vnc", "mig.tls",
      ]
    ),
    ("§10.3", ["dom.guest-agent"]),
    ("§10.4", ["sec.confidential", "sec.confidential-conflict"]),
    ("§11", ["numa.remote-memory", "mem.pressure", "host.ecc-errors", "host.entry-failed"]),
    (
      "§12",
      [
        "size.cpu-overcommit", "size.mem-overcommit", "size.disk-overcommit",
        "size.vcpu-over-node", "size.vcpu-over-host", "size.class", "mem.host-reserve",
        "disk.thin-capacity", "disk.discard",
      ]
    ),
  ]

  private static func found(
    _ rule: RuleInstance, _ example: Example
  ) throws -> [Audit.Assessment] {
    let context = Context(
      facts: Facts(example.snapshot), profile: try ShippedForTests.profile(example.family),
      today: "2026-01-01")
    return Audit.assess(context, rules: [rule]).filter {
      if case .violated = $0.verdict { return true }
      return false
    }
  }

  @Test(arguments: sections.map(\.section))
  func theSectionIsWorked(section: String) throws {
    let ids = try #require(Self.sections.first { $0.section == section }).rules
    for id in ids {
      let rule = try #require(Catalogue.all.first { $0.about.id == id })
      #expect(rule.about.sources.contains(.article(section)), "\(id) doesn't cite \(section)")
      var faults = 0
      for example in rule.examples {
        let findings = try Self.found(rule, example)
        if case .violated = example.outcome {
          faults += 1
          #expect(!findings.isEmpty, "\(section) \(id): \(example.title)")
        } else {
          #expect(findings.isEmpty, "\(section) \(id): \(example.title)")
        }
      }
      #expect(faults > 0, "\(id) has no example of a fault")
    }
  }

  // MARK: - The article's own listings

  private static func audit(
    _ xml: String, on host: Snapshot = .exampleHost(), under family: ProfileFamily = .general
  ) throws -> DomainAudit { try DomainAudit(host.with(domain: xml), family) }

  @Test func listing3_1AThinImageWithNativeInput() throws {
    let disk =
      "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' io='native'/>"
      + "<source file='/var/lib/libvirt/images/a.qcow2'/><target dev='vda' bus='virtio'/></disk>"
    let audit = try Self.audit(DomainXML.example(vcpus: 4, devices: disk))
    #expect(audit.found("disk.io-mode", "web1/vda") == nil)
    #expect(audit.found("disk.cache-mode", "web1/vda") == nil)
  }

  @Test func listing6_1ATopologyOfEightForFourVCPUs() throws {
    let cpu = "<cpu mode='host-model'><topology sockets='1' cores='4' threads='2'/></cpu>"
    let audit = try Self.audit(DomainXML.example(vcpus: 4, extra: cpu))
    #expect(audit.found("cpu.topology", "web1")?.severity == .critical)
  }

  /// Siblings are 0 and 1, 2 and 3: four full cores are two halves each.
  @Test func listing6_1PinsToFourNeighbours() throws {
    var host = Snapshot.exampleHost(nodes: 1, coresPerNode: 4)
    for cpu in 0..<8 {
      host = host.with(
        "/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list",
        "\(cpu / 2 * 2)-\(cpu / 2 * 2 + 1)\n")
    }
    let audit = try Self.audit(PinnedExample.xml([0, 1, 2, 3]), on: host, under: .latency)
    #expect(audit.found("cpu.pin-siblings", "web1")?.severity == .warning)
  }

  /// 2048 pages over two nodes are 2 GiB on each: too few for 4 GiB bound to one.
  @Test func listing6_2PagesSpreadOverTwoNodes() throws {
    let guest = DomainXML.example(
      memoryMiB: 4096,
      extra: "<memoryBacking><hugepages/></memoryBacking>"
        + "<numatune><memory mode='strict' nodeset='0'/></numatune>")
    let audit = try Self.audit(guest, on: .exampleHost(pages2M: (1024, 1024)))
    #expect(audit.found("mem.hugepages-node", "0")?.severity == .critical)
    #expect(audit.found("mem.hugepages-pool", "host1") == nil)
  }

  @Test func listing6_3FourQueuesForEightVCPUs() throws {
    let nic =
      "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>"
      + "<model type='virtio'/><driver name='vhost' queues='4'/></interface>"
    let audit = try Self.audit(DomainXML.example(vcpus: 8, devices: nic))
    #expect(audit.found("net.multiqueue", "web1/52:54:00:00:00:01")?.severity == .warning)
  }

  @Test func listing4_3ARawDiskIsLeftAlone() throws {
    let disk =
      "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none' io='native' "
      + "discard='unmap'/><source dev='/dev/vg0/db'/><target dev='vda' bus='virtio'/></disk>"
    let audit = try Self.audit(DomainXML.example(vcpus: 2, devices: disk), under: .db)
    #expect(audit.findings.filter { $0.about.id.hasPrefix("disk.") && $0.severity > .info }.isEmpty)
  }
}
