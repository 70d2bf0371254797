/// Sibling threads that different parties use.
struct CPUSMTPolicy: Rule {
  static let about = RuleInfo(
    id: "cpu.smt-policy", title: "Sibling threads don't serve parties that must not share a core",
    severity: Severities(.info, [.latency: .warning, .secure: .warning]),
    rationale: "Two threads of a core share its units and its first cache: a neighbour takes up to "
      + "half the speed at times nobody foresees, and on affected processors it reads along.",
    cost: "Without SMT half the CPUs go away; a guest on whole cores takes both threads.",
    notWhen: "No SMT, or it is off; guests have whole cores; all guests trust each other.",
    sources: [
      .article("§6.1"), .link("https://docs.kernel.org/admin-guide/hw-vuln/l1tf.html"),
      .link("https://libvirt.org/kbase/kvm-realtime.html"),
    ])

  private static let directory = "/sys/devices/system/cpu/smt/"
  private static let away = ["notsupported", "notimplemented", "off", "forceoff"]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let snapshot = context.facts.snapshot
    if let control = snapshot.text(directory + "control").value, away.contains(control) {
      return .notApplicable("\(directory)control is \(control)")
    }
    let active = snapshot.text(directory + "active")
    guard let value = active.value else { return .unknown(active.unknownReason) }
    let evidence = [Evidence(active.source, observed: value, expected: nil)]
    guard value == "1" else { return .satisfied(evidence) }
    if let verdict = distrust(context) { return verdict }
    if let verdict = neighbours(context) { return verdict }
    return .satisfied(evidence)
  }

  /// Under `secure`: tiers that share cores of a processor whose first cache leaks.
  private static func distrust(_ context: Context) -> Verdict? {
    guard context.profile.family == .secure, context.tiers.count > 1 else { return nil }
    let processor = context.facts.processor
    guard processor.vulnerabilities.value != nil else {
      return .unknown(processor.vulnerabilities.unknownReason)
    }
    let affected = ["l1tf", "mds"].compactMap { processor.vulnerability($0) }
      .filter { $0.state != .notAffected }
    guard let first = affected.first, SecMDSSMT.hasOwnCores(context) == false else { return nil }
    return violated(
      "guests of \(context.tiers.count) trust tiers can share cores, and the processor is affected "
        + "by \(first.name)", [])
  }

  /// A low-latency guest on one thread of a core whose other thread somebody else may use.
  private static func neighbours(_ context: Context) -> Verdict? {
    for domain in context.dedicatedGuests
    where domain.runs != false && context.profile(of: domain).family == .latency {
      let own = domain.current.pinnedCPUs
      for cpu in own {
        let others = context.facts.topology.siblings(of: cpu).subtracting(own)
        guard let user = user(of: others, beside: domain, context) else { continue }
        return violated(
          "\(domain.key.printable) has CPU \(cpu) to itself, but \(user.key.printable) may run on "
            + "\(others), the other thread of that core",
          [
            domain.current.evidence(
              "cputune/vcpupin", observed: "\(own)", expected: "whole cores")
          ])
      }
    }
    return nil
  }

  private static func user(
    of cpus: CPUSet, beside domain: Domain, _ context: Context
  ) -> Domain? {
    guard !cpus.isEmpty else { return nil }
    return context.facts.domains.first { other in
      guard other.key != domain.key, other.runs != false else { return false }
      guard other.current.isPinned else {
        return !cpus.isSubset(of: context.facts.topology.isolated)
      }
      return !other.current.pinnedCPUs.isDisjoint(with: cpus)
    }
  }

  private static func violated(_ message: String, _ more: [Evidence]) -> Verdict {
    .violated(
      Violation(
        message,
        evidence: [Evidence(directory + "active", observed: "1", expected: "0, or whole cores")]
          + more,
        remedy: Remedy(
          .nextHostBoot,
          "give each guest whole cores (tuned-vm place); only then think of booting with nosmt",
          risk: "without SMT half the CPUs go away and pins to them break")))
  }

  private static func guest(_ name: String, _ cpus: [Int], trust: String? = nil) -> String {
    let pins = cpus.enumerated().map { "<vcpupin vcpu='\($0)' cpuset='\($1)'/>" }.joined()
    return DomainXML.example(
      name: name, vcpus: cpus.count, tags: trust.map { ["trust": $0] } ?? [:],
      extra: "<cputune>\(pins)</cputune>")
  }
  private static let leaking = Snapshot.exampleHost()
    .with(Mitigations.directory + "l1tf", "Mitigation: PTE Inversion; VMX: SMT vulnerable\n")

  static let examples = [
    Example("no guests", .exampleHost(), .satisfied),
    Example("no SMT", .exampleHost(threads: 1), under: .latency, .notApplicable),
    Example(
      "whole cores",
      .exampleHost().withDomain(guest("a", [2, 10]), running: true)
        .withDomain(guest("b", [3, 11]), running: true), under: .latency, .satisfied),
    Example(
      "tenants on whole cores",
      leaking.withDomain(guest("a", [2, 10], trust: "x"), running: true)
        .withDomain(guest("b", [3, 11], trust: "y"), running: true), under: .secure, .satisfied),
    Example(
      "the neighbour is off",
      .exampleHost().withDomain(guest("a", [2]), running: true)
        .withDomain(guest("b", [10])), under: .latency, .satisfied),
    Example(
      "one core, two guests",
      .exampleHost().withDomain(guest("a", [2]), running: true)
        .withDomain(guest("b", [10]), running: true), under: .latency, .violated(.warning)),
    Example(
      "a floating neighbour",
      .exampleHost().withDomain(guest("a", [2]), running: true)
        .withDomain(DomainXML.example(name: "b"), running: true), under: .latency,
      .violated(.warning)),
    Example(
      "one core, two guests, no matter here",
      .exampleHost().withDomain(guest("a", [2]), running: true)
        .withDomain(guest("b", [10]), running: true), .satisfied),
    Example(
      "tenants on one core",
      leaking.withDomain(guest("a", [2], trust: "x"), running: true)
        .withDomain(guest("b", [10], trust: "y"), running: true), under: .secure,
      .violated(.warning)),
    Example("unreadable", .exampleHost().withUnreadable(directory + "active"), .unknown),
    Example(
      "switched off at run time", .exampleHost().with(directory + "active", "0\n"), .satisfied),
    Example(
      "tenants, and nobody read the weaknesses",
      .exampleHost().without("/sys/devices/system/cpu/vulnerabilities").withDomain(
        guest("a", [2], trust: "x"), running: true
      ).withDomain(guest("b", [10], trust: "y"), running: true), under: .secure, .unknown),
    Example(
      "tenants on a sound processor",
      .exampleHost().with(Mitigations.directory + "l1tf", "Not affected\n").with(
        Mitigations.directory + "mds", "Not affected\n"
      ).withDomain(guest("a", [2], trust: "x"), running: true).withDomain(
        guest("b", [10], trust: "y"), running: true), under: .secure, .satisfied),
    Example(
      "tenants on one core, on a mixed host",
      leaking.withDomain(guest("a", [2], trust: "x"), running: true).withDomain(
        guest("b", [10], trust: "y"), running: true), .satisfied),
    Example(
      "the neighbour floats beside isolated CPUs",
      .exampleHost().with("/sys/devices/system/cpu/isolated", "2,10\n").withDomain(
        guest("a", [2]), running: true
      ).withDomain(DomainXML.example(name: "b"), running: true), under: .latency, .satisfied),
  ]
}
