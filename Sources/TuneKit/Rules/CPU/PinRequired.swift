/// A wide guest that floats over the nodes has its memory anywhere but near.
struct PinRequired: Rule {
  static let about = RuleInfo(
    id: "cpu.pin-required",
    title: "A wide guest is pinned",
    severity: Severities(
      .warning, [.latency: .critical, .hpc: .critical, .network: .critical, .desktop: .off]),
    rationale: "The scheduler moves floating vCPUs between nodes; caches and local memory are "
      + "lost each time. Latency, hpc and network guests need CPUs of their own.",
    cost: "Pinned vCPUs are not balanced: the host holds fewer guests.",
    notWhen: "Up to eight vCPUs in mixed profiles; placement='auto'; desktops; a cpuset of one "
      + "node satisfies all but latency, hpc and network; a host of one node is only worth "
      + "knowing.",
    sources: [.article("§6.1"), .article("§6.4")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge(context, $0) }
  }

  static func needsOwnCPUs(_ family: ProfileFamily) -> Bool {
    [.latency, .hpc, .network].contains(family)
  }

  static func limit(_ profile: EffectiveProfile) -> Int {
    profile.number(about.id, "aboveVcpus").map { Int($0) } ?? 8
  }

  private static func judge(_ context: Context, _ domain: Domain) -> Verdict {
    let definition = domain.definition
    let profile = context.profile(of: domain)
    guard profile.family != .desktop else { return .notApplicable("desktops float") }
    guard !definition.hasAutomaticPin else { return .notApplicable("placement='auto'") }
    let isOwn = needsOwnCPUs(profile.family)
    guard isOwn || definition.vcpus > limit(profile) else {
      return .notApplicable("\(definition.vcpus) vCPUs need no pins")
    }
    let evidence = [
      definition.evidence(
        "cputune/vcpupin", definition.pinText, isOwn ? "a CPU each" : "CPUs of one node")
    ]
    if definition.isDedicated { return .satisfied(evidence) }
    if let no = context.nodesMissing ?? context.coresUnplaceable { return no }
    if context.isPinned(definition), !isOwn { return .satisfied(evidence) }
    let isFlat = context.facts.topology.fullNodes.count < 2
    return .violated(
      Violation(
        isOwn
          ? "\(domain.key) has no CPUs of its own for its \(definition.vcpus) vCPUs"
          : "\(domain.key) has \(definition.vcpus) vCPUs and floats over the whole host",
        severity: isFlat && !isOwn ? .info : nil, evidence: evidence,
        remedy: context.homeRemedy(domain, risk: about.cost), cause: "pins of \(domain.key)"))
  }

  static let examples: [Example] = [
    Example(
      "pinned to CPUs of its own",
      Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 2, 3, 9])), under: .latency,
      .satisfied),
    Example(
      "a cpuset of one node is enough for a mixed host",
      Snapshot.exampleHost().with(
        domain: DomainXML.example(vcpus: 12, vcpuAttributes: "cpuset='0-3,8-11'")), .satisfied),
    Example(
      "eight vCPUs may float", Snapshot.exampleHost().with(domain: DomainXML.example(vcpus: 8)),
      .notApplicable),
    Example(
      "numad decides at the start",
      Snapshot.exampleHost().with(
        domain: DomainXML.example(vcpus: 12, vcpuAttributes: "placement='auto'")), .notApplicable),
    Example(
      "nobody knows the host", .example(domains: DomainXML.example(vcpus: 12)), .unknown),
    Example(
      "one node", Snapshot.exampleHost(nodes: 1).with(domain: DomainXML.example(vcpus: 12)),
      .violated(.info)),
    Example(
      "a cpuset of the whole host is no pin",
      Snapshot.exampleHost(coresPerNode: 8).with(
        domain: DomainXML.example(vcpus: 12, vcpuAttributes: "cpuset='0-31'")),
      .violated(.warning)),
    Example(
      "a database on one node",
      Snapshot.exampleHost(nodes: 1).with(
        domain: DomainXML.example(vcpus: 12)), under: .db, .violated(.info)),
    Example(
      "twelve vCPUs float over two nodes",
      Snapshot.exampleHost(coresPerNode: 8).with(domain: DomainXML.example(vcpus: 12)),
      .violated(.warning)),
    Example(
      "a node is not enough for latency",
      Snapshot.exampleHost().with(
        domain: DomainXML.example(vcpus: 4, vcpuAttributes: "cpuset='0-3,8-11'")),
      under: .latency, .violated(.critical)),
    Example(
      "desktops float",
      Snapshot.exampleHost(coresPerNode: 8).with(domain: DomainXML.example(vcpus: 12)),
      under: .desktop, .notApplicable),
  ]
}
