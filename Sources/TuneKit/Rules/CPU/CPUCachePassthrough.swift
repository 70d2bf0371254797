/// The guest's scheduler believes in the caches it is shown.
struct CPUCachePassthrough: Rule {
  static let about = RuleInfo(
    id: "cpu.cache-passthrough",
    title: "A pinned guest sees the host's caches",
    severity: Severities(.info),
    rationale: "QEMU shows a made-up L3; guests that size work by the cache or schedule by it "
      + "decide wrongly.",
    cost: "None beside the restart.",
    notWhen: "Another mode than host-passthrough (libvirt refuses); guests without CPUs of their "
      + "own; other profiles than latency, hpc and db.",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      guard [.latency, .hpc, .db].contains(context.family(of: domain)) else {
        return .notApplicable("only for latency, hpc and db")
      }
      guard definition.cpu?.mode == "host-passthrough", definition.isDedicated else {
        return .notApplicable("not host-passthrough, or no CPUs of its own")
      }
      let mode = definition.cpu?.cacheMode
      let evidence = [definition.evidence("cpu/cache/@mode", mode, "passthrough")]
      guard mode != "passthrough" else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key) sees a made-up L3 cache", evidence: evidence,
          remedy: .edit(
            domain, "pass the host's caches through",
            [.remove("cpu/cache"), .setAttribute("cpu/cache", name: "mode", value: "passthrough")]))
      )
    }
  }

  private static func guest(_ cpu: String) -> Snapshot {
    .example(domains: PinnedExample.xml([1, 2], extra: cpu))
  }

  static let examples: [Example] = [
    Example(
      "passed through",
      guest("<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>"), under: .hpc,
      .satisfied),
    Example("host-model can't", guest("<cpu mode='host-model'/>"), under: .hpc, .notApplicable),
    Example("a mixed host", guest("<cpu mode='host-passthrough'/>"), .notApplicable),
    Example("made up", guest("<cpu mode='host-passthrough'/>"), under: .hpc, .violated(.info)),
  ]
}
