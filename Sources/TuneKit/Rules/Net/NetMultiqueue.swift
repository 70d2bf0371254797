/// One queue makes one vCPU carry all of a guest's network interrupts.
struct NetMultiqueue: Rule {
  static let about = RuleInfo(
    id: "net.multiqueue",
    title: "A virtio interface has a queue per vCPU",
    severity: Severities(.warning, [.latency: .info]),
    rationale: "With one queue, packets of all flows wait for the vCPU that owns it.",
    cost: "Each queue takes 64 KiB and a vhost thread. Old kernels use one queue until "
      + "`ethtool -L eth0 combined N` is run in the guest. Streams of small packets can get slower.",
    notWhen: "One vCPU; another model than virtio; back ends without queues (user, hostdev, udp "
      + "…); an "
      + "uplink of 1 Gb/s or less; many interfaces that together have more queues than vCPUs.",
    sources: [.article("§6.4"), .link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeInterfaces { judge($0, $1, context) }
  }

  /// How many queues the profile wants: as many as vCPUs, up to its cap; a rule parameter wins.
  private static func wanted(_ domain: Domain, _ context: Context) -> Int {
    let profile = context.profile(of: domain)
    let standard: Int =
      switch profile.family {
      case .general, .migratable, .secure: 8
      case .desktop: 4
      default: 256
      }
    let cap = profile.number(about.id, "cap").map { Int($0) } ?? standard
    return max(1, min(domain.definition.vcpus, cap, 256))
  }

  private static func judge(
    _ domain: Domain, _ nic: DomainInterface, _ context: Context
  ) -> Verdict {
    guard nic.isVirtio else { return .notApplicable("no virtio interface, no queues") }
    let withQueues = ["bridge", "network", "direct", "ethernet", "vhostuser", "vdpa"]
    guard withQueues.contains(nic.type), context.facts.isPassedThrough(nic) != true else {
      return .notApplicable("the back end '\(Safe.text(nic.type))' has no queues")
    }
    let vcpus = domain.definition.vcpus
    let queues = max(nic.queues ?? 1, 1)
    let wanted = wanted(domain, context)
    let evidence = [
      nic.node.evidence("driver/@queues", nic.queues.map { "\($0)" }, "\(wanted)"),
      domain.definition.evidence("vcpu", "\(vcpus)"),
    ]
    if queues > vcpus {
      return .violated(
        Violation(
          "\(nic.subjectName) has \(queues) queues for \(vcpus) vCPUs", severity: .info,
          evidence: evidence,
          remedy: .edit(domain, "set queues to \(wanted)", edits(nic, wanted))))
    }
    guard vcpus > 1 else { return .notApplicable("one vCPU needs one queue") }
    guard queues < wanted else { return .satisfied(evidence) }
    if let reason = notWorthIt(domain, nic, wanted, context) { return .notApplicable(reason) }
    let isMixed = [.general, .secure, .desktop].contains(context.family(of: domain))
    let isSmall = isMixed && vcpus < 4
    return .violated(
      Violation(
        "\(nic.subjectName) serves \(vcpus) vCPUs with \(queues) of \(wanted) queues",
        severity: isSmall ? .info : nil, evidence: evidence,
        remedy: .edit(domain, "set queues to \(wanted)", edits(nic, wanted))))
  }

  private static func notWorthIt(
    _ domain: Domain, _ nic: DomainInterface, _ wanted: Int, _ context: Context
  ) -> String? {
    let cards = domain.definition.devices.interfaces.filter(\.isVirtio).count
    if cards > 2, cards * wanted > 2 * domain.definition.vcpus {
      return "\(cards) interfaces share the vCPUs; queues for each would be far more than vCPUs"
    }
    guard let uplink = context.facts.uplink(of: nic), let speed = uplink.speedMbps.value,
      speed <= 1000
    else { return nil }
    return "its uplink \(Safe.text(uplink.name)) has \(speed) Mb/s, which one queue fills"
  }

  private static func edits(_ nic: DomainInterface, _ wanted: Int) -> [XMLEdit] {
    [.setAttribute(nic.node.path.child("driver"), name: "queues", value: "\(wanted)")]
  }

  private static func guest(
    _ inner: String = "", vcpus: Int = 8, type: String = "bridge", model: String = "virtio",
    cards: Int = 1
  ) -> Snapshot {
    let nics = (1...cards).map { number in
      "<interface type='\(type)'><mac address='52:54:00:00:00:0\(number)'/>"
        + "<source bridge='br0'/><model type='\(model)'/>\(inner)</interface>"
    }
    return .example(domains: DomainXML.example(vcpus: vcpus, devices: nics.joined()))
  }

  private static func hosted(_ snapshot: Snapshot, speed: String) -> Snapshot {
    var host = Snapshot.exampleHost().with("/sys/class/net/eno1/speed", speed)
    host.domains = snapshot.domains
    return host
  }

  static let examples: [Example] = [
    Example("queues match the vCPUs", guest("<driver queues='8'/>"), .satisfied),
    Example(
      "the general profile stops at eight", guest("<driver queues='8'/>", vcpus: 64), .satisfied),
    Example("one vCPU", guest(vcpus: 1), .notApplicable),
    Example("an emulated card has no queues", guest(model: "e1000e"), .notApplicable),
    Example("a tunnel of packets has none", guest(type: "udp"), .notApplicable),
    Example("small guests of tenants", guest(vcpus: 2), under: .secure, .violated(.info)),
    Example("user-mode networking has none", guest(type: "user"), .notApplicable),
    Example("one queue fills a slow uplink", hosted(guest(), speed: "1000\n"), .notApplicable),
    Example("many cards share the vCPUs", guest(vcpus: 4, cards: 4), .notApplicable),
    Example("no driver element means one queue", guest(), .violated(.warning)),
    Example("a fast uplink", hosted(guest(), speed: "10000\n"), .violated(.warning)),
    Example("small guests of a mixed host", guest(vcpus: 2), .violated(.info)),
    Example(
      "a database guest wants one for each", guest("<driver queues='8'/>", vcpus: 16), under: .db,
      .violated(.warning)),
    Example("more queues than vCPUs", guest("<driver queues='16'/>"), .violated(.info)),
  ]
}
