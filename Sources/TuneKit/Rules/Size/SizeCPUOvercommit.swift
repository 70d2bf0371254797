/// More vCPUs than CPUs.
struct SizeCPUOvercommit: Rule {
  static let about = RuleInfo(
    id: "size.cpu-overcommit", title: "Floating vCPUs stay within the profile's share of a CPU",
    severity: Severities(.warning),
    rationale:
      "Beyond that vCPUs wait for each other, and a guest that waits while it holds a lock "
      + "stops all its own.",
    cost: "Fewer guests on this host.",
    notWhen: "Guests pinned to CPUs of their own, which leave the pool with them.",
    sources: [.article("§1.3"), .article("§12")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    guard let load = CPULoad(context) else {
      return .unknown(context.facts.topology.online.unknownReason)
    }
    if let unclear = context.facts.domains.first(where: { $0.runs == nil }), load.vcpus == 0 {
      return .unknown("whether \(unclear.key.printable) runs is not known")
    }
    let pools = PoolLoad.all(context)
    guard load.vcpus > 0 || !pools.isEmpty else {
      return .notApplicable("no floating guest runs")
    }
    guard let limits = OvercommitLimits(about.id, context) else {
      return .notApplicable("the profile names no limit")
    }
    if let crowded = crowded(pools, limits, beside: load) { return crowded }
    let evidence = [
      Evidence(
        "vCPUs of running floating guests",
        observed: "\(load.vcpus) on \(load.cpus) CPUs, \(load.text):1", expected: limits.text),
      Evidence(
        "the same for each core",
        observed: load.cores == 0 ? nil : "\(CPULoad.ratio(load.vcpus, load.cores)):1"),
    ]
    let ratio = load.cpus == 0 ? .infinity : Double(load.vcpus) / Double(load.cpus)
    guard let severity = limits.severity(ratio) else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(load.vcpus) floating vCPUs share \(load.cpus) CPUs (\(load.text):1)",
        severity: severity, evidence: evidence,
        remedy: .advice("move guests to other hosts, or give them fewer vCPUs")))
  }

  /// A node whose pool is more crowded than the host as a whole.
  private static func crowded(
    _ pools: [PoolLoad], _ limits: OvercommitLimits, beside load: CPULoad
  ) -> Verdict? {
    let whole = load.cpus == 0 ? 0 : Double(load.vcpus) / Double(load.cpus)
    guard let worst = pools.max(by: { $0.ratio < $1.ratio }), worst.ratio > whole,
      let severity = limits.severity(worst.ratio)
    else { return nil }
    let text = CPULoad.ratio(worst.vcpus, worst.cpus)
    return .violated(
      Violation(
        "\(worst.vcpus) vCPUs of guests that are kept on node \(worst.node) share its "
          + "\(worst.cpus) CPUs (\(text):1)",
        severity: severity,
        evidence: [
          Evidence(
            "vCPUs of running guests on node \(worst.node)",
            observed: "\(worst.vcpus) on \(worst.cpus) CPUs, \(text):1", expected: limits.text)
        ],
        remedy: .advice("spread the guests over the nodes: see 'tuned-vm place'")))
  }

  private static func host(_ vcpus: Int, _ attributes: String = "") -> Snapshot {
    Snapshot.exampleHost(nodes: 1, coresPerNode: 1, threads: 2).withDomain(
      DomainXML.example(vcpus: vcpus, vcpuAttributes: attributes), running: true)
  }

  static let examples = [
    Example("no guest runs", .exampleHost(), .notApplicable),
    Example("exactly the limit", host(8), .satisfied),
    Example(
      "CPUs of its own",
      Snapshot.exampleHost().withDomain(
        DomainXML.example(vcpus: 1, vcpuAttributes: "cpuset='3'"), running: true),
      under: .hpc, .notApplicable),
    Example(
      "a pool on one node",
      Snapshot.exampleHost().withDomain(
        DomainXML.example(vcpus: 32, vcpuAttributes: "cpuset='0-3,8-11'"), running: true),
      .satisfied),
    Example(
      "a crowded pool beside an idle node",
      Snapshot.exampleHost().withDomain(
        DomainXML.example(vcpus: 33, vcpuAttributes: "cpuset='0-3,8-11'"), running: true),
      .violated(.warning)),
    Example("above the limit", host(9), .violated(.warning)),
    Example("far above", host(17), .violated(.critical)),
    Example("low latency", host(3), under: .latency, .violated(.warning)),
    Example(
      "no CPU list",
      host(9).without("/sys/devices/system/cpu").without("/proc/cpuinfo"), .unknown),
  ]
}
