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
      + "period; a limit that is a tenant's product (waive it).",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
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

  private static func limit(
    _ name: String, _ quota: Int?, _ period: Int?, threads: Int
  ) -> (String, Int)? {
    guard let quota, quota > 0 else { return nil }
    let room = (period ?? 100_000).multipliedReportingOverflow(by: threads)
    return room.overflow || quota >= room.partialValue ? nil : (name, quota)
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
    Example("a fifth of a CPU", guest("<quota>20000</quota>"), under: .db, .violated(.warning)),
  ]
}
