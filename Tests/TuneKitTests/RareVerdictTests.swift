// Verdicts that no example shows: they need a configuration, a profile of the site's own, or a fact
// that is missing in an unusual way.

import Testing

@testable import TuneKit

@Suite struct RareVerdictTests {
  /// A rule on a host, and a verdict that must be among its judgements.
  struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    let title: String
    let host: Snapshot
    let profile: EffectiveProfile
    let configuration: Configuration
    let verdict: String
    var testDescription: String { "\(rule): \(title)" }

    /// - Parameter verdict: its kind and a part of its reason or message: `unknown: no node`; a
    ///   severity that the verdict states itself stands behind the message: `violated: vulnerable [info]`.
    init(
      _ rule: String, _ title: String, _ host: Snapshot, under family: ProfileFamily = .general,
      settings: [SettingAssignment] = [], checks: [OwnCheck] = [], off: String? = nil,
      parameters: Bool = true,
      configuration: Configuration = Configuration(), _ verdict: String
    ) {
      self.rule = rule
      self.title = title
      self.host = host
      var profile =
        (try? ProfileLibrary.effective(family.rawValue)) ?? EffectiveProfile(name: "none")
      profile.settings =
        settings
        + profile.settings.filter { own in
          !settings.contains { $0.knob == own.knob }
        }
      profile.checks = checks
      if !parameters { profile.parameters = [:] }
      if let off { profile.severities.append((off, .off)) }
      self.profile = profile
      self.configuration = configuration
      self.verdict = verdict
    }
  }

  static func text(_ verdict: Verdict) -> String {
    switch verdict {
    case .satisfied: "satisfied: "
    case .notApplicable(let reason): "notApplicable: \(reason)"
    case .unknown(let reason): "unknown: \(reason)"
    case .violated(let violation):
      "violated: \(violation.message)" + (violation.severity.map { " [\($0.word)]" } ?? "")
    }
  }

  static let all = devices + settings + security + memory + ofDomains + ofHosts

  @Test(arguments: all) func itIsAmongTheJudgements(_ wanted: Case) {
    let others = Self.others(wanted)
    #expect(others == nil, "\(others ?? [])")
  }

  /// What is said instead of the wanted verdict; nil where that is among the judgements.
  static func others(_ wanted: Case) -> [String]? {
    let rules = Catalogue.rules(for: wanted.profile)
    guard let rule = rules.first(where: { $0.about.id == wanted.rule }) else {
      return ["no rule \(wanted.rule)"]
    }
    let context = Context(
      facts: Facts(wanted.host), profile: wanted.profile, configuration: wanted.configuration,
      today: "2026-01-01")
    let found = rule.evaluate(context).map { text($0.verdict) }
    let parts = wanted.verdict.split(separator: ": ", maxSplits: 1)
    let isThere = found.contains {
      $0.hasPrefix(parts[0] + ": ") && (parts.count < 2 || $0.contains(parts[1]))
    }
    return isThere ? nil : found
  }

  /// Those without examples, whose severities ExampleAnswerTests doesn't show.
  @Test func howRulesWithoutExamplesCount() throws {
    #expect(WaiverRules.expired.severity.standard == .warning)
    #expect(WaiverRules.unused.severity.standard == .info)
    #expect(DomainFailureRule.about.severity.standard == .warning)
    var profile = EffectiveProfile(name: "own")
    profile.settings = [Self.block]
    let own = Catalogue.rules(for: profile).first { $0.about.id == Self.block.knob }
    #expect(try #require(own).about.severity.standard == .warning)
  }

  static func own(
    _ knob: String, _ value: ProfileValue, _ selector: [String: String] = [:]
  ) -> SettingAssignment {
    SettingAssignment(knob: knob, selector: selector, value: value, place: "own.yaml:3:5")
  }

  static func disk(_ xml: String) -> String { DomainXML.example(devices: xml) }

  /// Domains of another machine's libvirt.
  static let elsewhere = Snapshot(origin: .none("connected elsewhere"))

  // MARK: - Disks, cards and devices

  private static let card = "/sys/bus/pci/devices/0000:af:00.0/iommu_group"
  private static let pool = "/etc/libvirt/storage/p.xml"
  private static let volume = disk(
    "<disk type='volume'><driver type='qcow2'/><source pool='p' volume='v'/><target dev='vda'/></disk>"
  )

  static let devices: [Case] = [
    Case(
      "disk.cow-on-cow", "an image in the network",
      Snapshot.exampleHost().withDomain(
        disk(
          "<disk type='network'><driver type='qcow2'/><source protocol='rbd' name='a/b'/>"
            + "<target dev='vda'/></disk>")), under: .db,
      "notApplicable: no qcow2 image of this host"
    ),
    Case(
      "disk.cow-on-cow", "a volume of an unknown pool", Snapshot.exampleHost().withDomain(volume),
      under: .db, "unknown"),
    Case(
      "disk.cow-on-cow", "a device that is not there",
      Snapshot.exampleHost().withDomain(
        disk(
          "<disk type='block'><driver type='qcow2'/><source dev='/dev/nosuch'/><target dev='vda'/>"
            + "</disk>")), under: .db, "unknown: holds no '/dev/nosuch'"),
    Case(
      "gpu.vfio-iommu", "PCI devices were not read",
      GPUVFIOIOMMU.host().without("/sys/bus/pci/devices").without("/sys/bus/pci").withDomain(
        GPUVFIOIOMMU.guest), "unknown: /sys/bus/pci"),
    Case(
      "gpu.vfio-iommu", "a device without a group",
      GPUVFIOIOMMU.host().without(card).withDomain(GPUVFIOIOMMU.guest), "unknown: \(card)"),
    Case(
      "io.scheduler-nvme", "no host to read", elsewhere,
      "notApplicable: connected elsewhere"),
    Case(
      "net.host-nic-queues", "no host to read", elsewhere,
      "notApplicable: connected elsewhere"),
    Case(
      "mig.storage", "a type that nobody knows",
      Snapshot.exampleHost().withDomain(
        disk("<disk type='vhostuser'><source path='/s'/><target dev='vda'/></disk>")),
      under: .migratable, "unknown: 'vhostuser' is not known"),
    Case(
      "mig.storage", "a volume without a pool",
      Snapshot.exampleHost().withDomain(
        disk("<disk type='volume'><source volume='v'/><target dev='vda'/></disk>")),
      under: .migratable, "unknown: names no pool"),
    Case(
      "mig.storage", "a directory without a path",
      Snapshot.exampleHost().with(pool, "<pool type='dir'><name>p</name></pool>").withDomain(
        volume),
      under: .migratable, "unknown: names no target"),
    Case(
      "mig.storage", "a pool of a type that nobody knows",
      Snapshot.exampleHost().with(pool, "<pool type='odd'><name>p</name></pool>").withDomain(
        volume),
      under: .migratable, "unknown: type is not known"),
    Case(
      "mig.cache-safe", "a disk that is only read",
      Snapshot.exampleHost().withDomain(
        disk(
          "<disk type='file'><source file='/srv/nfs/a'/><target dev='vda'/><readonly/></disk>")),
      under: .migratable, "notApplicable: it is read-only"),
    Case(
      "mig.bandwidth", "the way out is unknown",
      Snapshot.exampleHost().with(
        "/proc/net/route",
        "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
          + "ppp9 00000000 0100000A 0003 0 0 0 00000000\n"), under: .migratable,
      "unknown: /sys/class/net/ppp9"),
    Case(
      "net.vhost", "a network that gives functions of a card",
      Snapshot.exampleHost().with(
        "/etc/libvirt/qemu/networks/sr.xml",
        "<network><name>sr</name><forward mode='hostdev'><pf dev='eno1'/></forward></network>"
      ).withDomain(
        disk(
          "<interface type='network'><source network='sr'/><model type='virtio'/></interface>")),
      "notApplicable: a function of a card"),
  ]

  // MARK: - Settings, sizes and checks of the site

  private static let block = own("block.nr_requests", .integer(64), ["kind": "nvme"])
  private static let pages =
    "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"
  private static func check(_ text: String) -> Snapshot {
    Snapshot.exampleHost().with("/proc/site", text)
  }

  static let settings: [Case] = [
    Case(
      "cpu.mode", "the fleet's baseline",
      .example(
        domains: DomainXML.example(
          extra: "<cpu mode='custom'><model>EPYC-Rome</model></cpu>")), under: .db,
      configuration: Configuration(cpuBaseline: "EPYC-Rome"), "satisfied"),
    Case(
      "cpu.numa-balancing", "as the site wants it",
      Snapshot.exampleHost().with("/proc/sys/kernel/numa_balancing", "0\n").withDomain(
        DomainXML.example(), running: true),
      settings: [own("kernel.numa_balancing", .integer(0))], "satisfied"),
    Case(
      "numa.zone-reclaim", "a kernel without NUMA",
      Snapshot.exampleHost().without("/proc/sys/vm/zone_reclaim_mode"), "notApplicable: no NUMA"),
    Case(
      "block.nr_requests", "disks that the profile leaves alone", .exampleHost(),
      settings: [block], "notApplicable: leaves this device alone"),
    Case(
      "block.nr_requests", "no host to read", elsewhere,
      settings: [block], "notApplicable: connected elsewhere"),
    Case(
      "hugepages", "a pool that is not there", Snapshot.exampleHost().without(pages),
      settings: [own("hugepages", .integer(8), ["size": "2MiB"])], "unknown: \(pages)"),
    Case(
      "hugepages", "a pool that is too small", .exampleHost(),
      settings: [own("hugepages", .integer(8), ["size": "2MiB"])],
      "violated: node 0 has 0 huge pages of 2048 KiB; the profile wants 8"),
    Case(
      "hugepages", "a pool that is large enough", .exampleHost(pages2M: (16, 16)),
      settings: [own("hugepages", .integer(8), ["size": "2MiB"])], "satisfied"),
    Case(
      "cpu.halt-poll", "a quiet host whose value is unreadable",
      Snapshot.exampleHost().withUnreadable("/sys/module/kvm/parameters/halt_poll_ns"), "unknown"),
    Case(
      "mem.ksm", "how much is shared is unreadable",
      Snapshot.exampleHost().with("/sys/kernel/mm/ksm/run", "1\n").withUnreadable(
        "/sys/kernel/mm/ksm/pages_sharing"), "unknown"),
    Case(
      "io.readahead", "no host to read", elsewhere, under: .db,
      "notApplicable: connected elsewhere"),
    Case(
      "site.a", "unreadable", Snapshot.exampleHost().withUnreadable("/proc/site"),
      checks: [OwnCheck(id: "site.a", read: "/proc/site", value: 0...9)], "unknown"),
    Case(
      "site.a", "no number", check("many\n"),
      checks: [OwnCheck(id: "site.a", read: "/proc/site", value: 0...9)],
      "unknown: is not a whole number"),
    Case(
      "site.a", "as it should be", check("7\n"),
      checks: [OwnCheck(id: "site.a", read: "/proc/site", value: 0...9)], "satisfied"),
    Case(
      "site.a", "too many", check("10\n"),
      checks: [OwnCheck(id: "site.a", read: "/proc/site", value: 0...9)],
      "violated: '10', expected at most 9"),
    Case(
      "size.mem-overcommit", "a guest without memory",
      Snapshot.exampleHost().withDomain(unstated, running: true), "unknown: is not stated"),
  ]

  static let unstated = DomainXML.example().replacing(
    "<memory unit='MiB'>4096</memory>", with: "")

  // MARK: - Security

  private static let l1tf = Snapshot.exampleHost().with(
    "/sys/devices/system/cpu/vulnerabilities/l1tf", "Mitigation: PTE Inversion; VMX: conditional\n"
  ).with(flush, "cond\n")
  private static let flush = "/sys/module/kvm_intel/parameters/vmentry_l1d_flush"
  private static let always = [own("kvm_intel.vmentry_l1d_flush", .text("always"))]
  private static let vulnerabilities = "/sys/devices/system/cpu/vulnerabilities"
  private static let qemu = "/etc/libvirt/qemu.conf"

  private static let confined =
    "<capabilities><host><secmodel><model>apparmor</model></secmodel></host></capabilities>"

  private static func active(_ unit: String) -> Snapshot {
    Snapshot.exampleHost().with(
      "/tuned-vm/units.json", "{\"\(unit).service\":{\"active\":\"active\"}}\n")
  }

  static let security: [Case] = [
    Case(
      "sec.confidential", "the host's ability is unreadable",
      Snapshot.exampleHost().withUnreadable("/sys/module/kvm_amd/parameters/sev").withDomain(
        DomainXML.example(tags: ["confidential": "true"])), under: .secure, "unknown"),
    Case(
      "sec.confidential", "modules were not read",
      Snapshot.exampleHost().without("/sys/module").withDomain(
        DomainXML.example(tags: ["confidential": "true"])), under: .secure,
      "unknown: /sys/module"),
    Case("sec.firewall", "firewalld's file is missing", active("firewalld"), "unknown"),
    Case(
      "sec.firewall", "firewalld's public zone",
      active("firewalld").with("/etc/firewalld/firewalld.conf", "DefaultZone=public\n"),
      "satisfied"),
    Case(
      "sec.firewall", "firewalld's trusted zone",
      active("firewalld").with("/etc/firewalld/firewalld.conf", "DefaultZone=trusted\n"),
      "violated: firewalld lets everything in"),
    Case("sec.firewall", "ufw's file is missing", active("ufw"), "unknown"),
    Case(
      "sec.firewall", "ufw drops",
      active("ufw").with("/etc/default/ufw", "DEFAULT_INPUT_POLICY=\"DROP\"\n"), "satisfied"),
    Case(
      "sec.firewall", "ufw accepts",
      active("ufw").with("/etc/default/ufw", "DEFAULT_INPUT_POLICY=\"ACCEPT\"\n"),
      "violated: ufw lets everything in"),
    Case(
      "sec.l1tf", "always, as the site wants it", l1tf.with(flush, "always\n"), settings: always,
      "satisfied"),
    Case(
      "sec.l1tf", "the site wants always", l1tf, settings: always, "violated: not at every entry"),
    Case(
      "sec.l1tf", "sibling threads are unreadable",
      l1tf.with(flush, "always\n").withUnreadable("/sys/devices/system/cpu/smt/active"),
      under: .secure, "unknown"),
    Case(
      "sec.libvirt-listen", "TLS is on and its file unreadable",
      active("libvirtd-tls").with(
        "/tuned-vm/units.json", "{\"libvirtd-tls.socket\":{\"active\":\"active\"}}\n"
      ).withUnreadable("/etc/libvirt/libvirtd.conf").withUnreadable("/etc/libvirt/virtproxyd.conf"),
      "unknown"),
    Case(
      "sec.microcode", "vulnerabilities were not read",
      Snapshot.exampleHost().without(vulnerabilities), "unknown"),
    Case(
      "sec.mitigations-off", "vulnerabilities were not read",
      Snapshot.exampleHost().with("/proc/cmdline", "mitigations=off\n").without(vulnerabilities),
      "unknown"),
    Case(
      "sec.nested-exposed", "guests of one owner",
      Snapshot.exampleHost().with("/sys/module/kvm_intel/parameters/nested", "Y\n").withDomain(
        DomainXML.example(tags: ["trust": "a"], extra: "<cpu mode='host-passthrough'/>")),
      "notApplicable: the same trust tag"),
    Case(
      "sec.svirt", "its configuration is unreadable",
      Snapshot.exampleHost().with(SecSVirt.capabilities, confined).withUnreadable(qemu).withDomain(
        DomainXML.example()), under: .secure, "unknown: \(qemu)"),
    Case(
      "sec.vnc", "its configuration is unreadable",
      Snapshot.exampleHost().withUnreadable(qemu).withDomain(
        disk("<graphics type='vnc' port='-1' listen='0.0.0.0'/>")), "unknown: \(qemu)"),
  ]

  // MARK: - Memory and nodes

  static let huge = "<memoryBacking><hugepages/></memoryBacking>"
  static func guest(_ extra: String, memoryMiB: Int = 4096, running: Bool = false)
    -> Snapshot
  {
    Snapshot.exampleHost().withDomain(
      DomainXML.example(memoryMiB: memoryMiB, extra: extra), running: running)
  }
  static let pools = "/sys/kernel/mm/hugepages"

  static let memory: [Case] = [
    Case(
      "mem.host-reserve", "pools were not read",
      guest("", running: true).without(pools), under: .db, "unknown: \(pools)"),
    Case(
      "mem.host-reserve", "a guest without memory",
      Snapshot.exampleHost().withDomain(unstated, running: true), under: .db,
      "unknown: is not stated"),
    Case(
      "mem.hugepages-1g", "a guest without memory",
      Snapshot.exampleHost().withDomain(
        DomainXML.example(extra: huge).replacing("<memory unit='MiB'>4096</memory>", with: "")),
      under: .db, "unknown: states none"),
    Case(
      "mem.hugepages-actual", "its live definition is unreadable",
      Snapshot.exampleHost().with(
        domain: DomainSource(
          origin: "a.xml", persistent: Known(DomainXML.example(extra: huge), from: "a.xml"),
          live: nil, state: .running, pid: 4242)), "unknown: live definition"),
    Case(
      "mem.hugepages-backing", "KSM shares pages",
      guest("", memoryMiB: 32_768).with("/sys/kernel/mm/ksm/run", "1\n").with(
        "/sys/kernel/mm/ksm/pages_sharing", "100\n"), under: .db, "notApplicable: KSM"),
    Case(
      "mem.hugepages-node", "bound to a node that is not there",
      guest(huge + "<numatune><memory mode='strict' nodeset='7'/></numatune>"), under: .db,
      "violated: guests are bound to node 7"),
    Case(
      "mem.hugepages-pool", "pools were not read", guest(huge).without(pools), under: .db,
      "unknown: \(pools)"),
    Case(
      "mem.hugepages-waste", "the default page is unknown",
      guest(huge).with("/proc/meminfo", "MemTotal: 134217728 kB\nMemFree: 1000000 kB\n"),
      "unknown: Hugepagesize"),
    Case(
      "numa.memory-binding", "restrictive without nodes",
      guest(
        "<cputune><vcpupin vcpu='0' cpuset='1'/><vcpupin vcpu='1' cpuset='2'/>"
          + "<vcpupin vcpu='2' cpuset='3'/><vcpupin vcpu='3' cpuset='9'/></cputune>"
          + "<numatune><memory mode='restrictive'/></numatune>"), under: .db,
      "notApplicable: the cpuset binds it"),
    Case(
      "numa.vcpu-spread", "too large for any node",
      Snapshot.exampleHost().withDomain(
        PinnedExample.xml([1, 5], memoryMiB: 100_000)), under: .db,
      "notApplicable: it fits no single node"),
  ]
}
