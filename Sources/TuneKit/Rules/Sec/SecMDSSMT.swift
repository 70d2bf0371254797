/// Buffers that sibling threads share.
struct SecMDSSMT: Rule {
  static let about = RuleInfo(
    id: "sec.mds-smt", title: "Guests of different trust share no core with leaking buffers",
    severity: Severities(.info, [.secure: .warning]),
    rationale: "Clearing buffers on entry doesn't help against the other thread of the core, "
      + "which reads them while they are in use.",
    cost: "Whole cores for each tier, or no SMT.",
    notWhen: "All guests are of one tier; each tier has whole cores of its own.",
    sources: [
      .article("§10.2"), .link("https://docs.kernel.org/admin-guide/hw-vuln/mds.html"),
    ])

  private static let names = ["mds", "tsx_async_abort", "mmio_stale_data"]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let known = context.facts.processor.vulnerabilities
    guard let files = known.value else { return .unknown(known.unknownReason) }
    for name in names {
      if case .missing(let reason)? = context.facts.snapshot.files[Mitigations.directory + name] {
        return .unknown("\(Mitigations.directory)\(name): \(reason)")
      }
    }
    let concerned = files.filter { names.contains($0.name) }
    let leaking = concerned.filter { $0.text.contains("SMT vulnerable") }
    guard !leaking.isEmpty else {
      if let unclear = concerned.first(where: { $0.text.contains("SMT Host state unknown") }) {
        return .unknown("\(unclear.source): \(unclear.text.printable)")
      }
      return .satisfied(concerned.map { Mitigations.evidence($0) })
    }
    guard context.tiers.count > 1 else {
      return .notApplicable("all guests are of one trust tier")
    }
    guard let apart = hasOwnCores(context) else {
      return .unknown(
        "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list: not read, "
          + "so which guests share a core can't be told")
    }
    if apart { return .notApplicable("every tier has whole cores of its own") }
    return .violated(
      Violation(
        "guests of \(context.tiers.count) trust tiers can share cores whose buffers leak",
        evidence: leaking.map { Mitigations.evidence($0, expected: "no 'SMT vulnerable'") },
        remedy: .advice(
          "give each tier whole cores (tuned-vm place), or boot with mitigations=auto,nosmt",
          risk: "without SMT half the CPUs go away")))
  }

  /// Whether every guest is pinned and no core serves two tiers; nil where all are pinned and the
  /// cores are not known.
  static func hasOwnCores(_ context: Context) -> Bool? {
    var owner: [Int: String] = [:]
    var coreOf: [Int: Int] = [:]
    for (index, core) in context.facts.topology.cores.enumerated() {
      for cpu in core.cpus { coreOf[cpu] = index }
    }
    let domains = context.facts.domains.filter { $0.runs != false }
    guard domains.allSatisfy(\.current.isPinned) else { return false }
    guard !coreOf.isEmpty else { return nil }
    for domain in domains {
      let tier = context.tier(of: domain)
      for cpu in domain.current.pinnedCPUs {
        guard let core = coreOf[cpu], owner[core] ?? tier == tier else { return false }
        owner[core] = tier
      }
    }
    return true
  }

  private static let leaking = Snapshot.exampleHost()
  private static let two =
    leaking.withDomain(DomainXML.example(tags: ["trust": "a"]), running: true)
    .withDomain(DomainXML.example(name: "web2", tags: ["trust": "b"]), running: true)

  static let examples = [
    Example("one tier", leaking.withDomain(DomainXML.example(), running: true), .notApplicable),
    Example(
      "whole cores for each tier",
      leaking.withDomain(
        DomainXML.example(vcpus: 2, vcpuAttributes: "cpuset='0,8'", tags: ["trust": "a"]),
        running: true
      ).withDomain(
        DomainXML.example(
          name: "web2", vcpus: 2, vcpuAttributes: "cpuset='1,9'", tags: ["trust": "b"]),
        running: true), .notApplicable),
    Example("two tiers float", two, .violated(.info)),
    Example("two tenants float", two, under: .secure, .violated(.warning)),
    Example(
      "in a guest",
      two.with(
        Mitigations.directory + "mmio_stale_data",
        "Mitigation: Clear CPU buffers; SMT Host state unknown\n"), .unknown),
    Example("unreadable", two.withUnreadable(Mitigations.directory + "mds"), .unknown),
    Example(
      "unreadable", Snapshot.exampleHost().withUnreadable(Mitigations.directory + "mds"), .unknown),
  ]
}
