/// A quota stops a guest in the middle of its work until the next period.
struct CPUQuota: Rule {
  static let about = RuleInfo(
    id: "cpu.quota",
    title: "A guest that counts on response times has no CPU quota",
    severity: Severities(.warning),
    rationale: "Once the quota is used up, all vCPUs stand still for the rest of the period, up to "
      + "100 ms.",
    cost: "The guest may use all its vCPUs all the time.",
    notWhen: "Other profiles than db, latency, hpc and network; no quota, or one as large as the "
      + "period; a limit that is a tenant's product (waive it). What the control groups count as "
      + "stopped, above 1 % of the periods, matters under every profile.",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      if let stopped = throttled(context, domain) { return stopped }
      guard [.db, .latency, .hpc, .network].contains(context.family(of: domain)) else {
        return .notApplicable("only for db, latency, hpc and network")
      }
      let tune = domain.definition.cputune
      let vcpu = limit("quota", tune.quota, tune.period, threads: 1)
      let whole = limit(
        "global_quota", tune.globalQuota, tune.globalPeriod, threads: domain.definition.vcpus)
      guard let (name, quota) = vcpu ?? whole else {
        return .satisfied([
          domain.definition.evidence("cputune/quota", tune.quota.map { "\($0)" })
        ])
      }
      return .violated(
        Violation(
          "\(domain.key) is stopped after \(quota) µs of each period",
          evidence: [domain.definition.evidence("cputune/\(name)", "\(quota)", "no limit")],
          remedy: .edit(
            domain, "remove the quota", [.remove(XMLPath([.init("cputune"), .init(name)]))])))
    }
  }

  /// What the control groups count, under every profile: more than one period in a hundred in which
  /// the guest was stopped.
  private static func throttled(_ context: Context, _ domain: Domain) -> Verdict? {
    guard domain.isRunning, let process = context.facts.process(of: domain),
      let worst = process.cgroup.throttling.max(by: { $0.percent < $1.percent }),
      worst.percent > 1
    else { return nil }
    let tune = domain.definition.cputune
    let isLimited = (tune.quota ?? -1) > 0 || (tune.globalQuota ?? -1) > 0
    let name = (tune.quota ?? -1) > 0 ? "quota" : "global_quota"
    return .violated(
      Violation(
        "\(domain.key) was stopped in \(Int(worst.percent.rounded(.up))) % of its periods",
        evidence: [
          Evidence(
            worst.source, observed: "\(worst.stopped) of \(worst.periods) periods",
            expected: "at most 1 %"),
          domain.definition.evidence(
            "cputune/\(name)", (tune.quota ?? tune.globalQuota).map { "\($0)" }),
        ],
        remedy: .advice(
          isLimited
            ? "raise or remove the quota (virsh schedinfo), or waive it where it is what was sold"
            : "raise the limit of the group above: systemctl show -p CPUQuotaPerSecUSec")))
  }

  private static func limit(
    _ name: String, _ quota: Int?, _ period: Int?, threads: Int
  ) -> (String, Int)? {
    guard let quota, quota > 0 else { return nil }
    let room = (period ?? 100_000).multipliedReportingOverflow(by: threads)
    return room.overflow || quota >= room.partialValue ? nil : (name, quota)
  }

  private static func stopped(_ count: Int) -> Snapshot {
    let scope = "/machine.slice/machine-qemu\\x2d1\\x2dweb1.scope"
    return Snapshot.exampleHost()
      .with(
        running: DomainXML.example(extra: "<cputune><quota>20000</quota></cputune>"), pid: 4242
      )
      .with("/proc/4242/cgroup", "0::\(scope)/libvirt/emulator\n")
      .with(
        "/sys/fs/cgroup\(scope)/libvirt/vcpu0/cpu.stat",
        "usage_usec 9\nnr_periods 1000\nnr_throttled \(count)\nthrottled_usec 7\n")
  }

  private static func guest(_ tune: String) -> Snapshot {
    .example(domains: DomainXML.example(extra: "<cputune>\(tune)</cputune>"))
  }

  static let examples: [Example] = [
    Example("no quota", guest("<shares>1024</shares>"), under: .db, .satisfied),
    Example("unlimited", guest("<quota>-1</quota>"), under: .db, .satisfied),
    Example(
      "as large as the period", guest("<period>50000</period><quota>50000</quota>"), under: .db,
      .satisfied),
    Example("a mixed host", guest("<quota>20000</quota>"), .notApplicable),
    Example("hardly ever stopped", stopped(9), .notApplicable),
    Example("stopped in a fifth of its periods", stopped(200), .violated(.warning)),
    Example("a fifth of a CPU", guest("<quota>20000</quota>"), under: .db, .violated(.warning)),
  ]
}
