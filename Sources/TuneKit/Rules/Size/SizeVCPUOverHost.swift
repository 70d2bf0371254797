/// A guest wider than the host.
struct SizeVCPUOverHost: Rule {
  static let about = RuleInfo(
    id: "size.vcpu-over-host", title: "No guest has more vCPUs than the host has CPUs",
    severity: Severities(.critical),
    rationale: "Its vCPUs wait for each other by construction; spin locks burn the time of the one "
      + "that holds them.",
    cost: "Fewer vCPUs, and the guest is faster.", notWhen: "Never.",
    sources: [.article("§12")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      if let reason = context.noHost { return .unknown(reason) }
      guard let online = context.facts.topology.online.value else {
        return .unknown(context.facts.topology.online.unknownReason)
      }
      let vcpus = domain.definition.vcpus
      let evidence = Evidence(
        "/domain/vcpu", observed: "\(vcpus)", expected: "at most \(online.count)")
      guard vcpus > online.count else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "\(domain.key.printable) has \(vcpus) vCPUs on a host of \(online.count) CPUs",
          evidence: [evidence], remedy: .advice("give it at most \(online.count) vCPUs")))
    }
  }

  private static func host(_ vcpus: Int) -> Snapshot {
    Snapshot.exampleHost(nodes: 1, coresPerNode: 2).withDomain(DomainXML.example(vcpus: vcpus))
  }

  static let examples = [
    Example("as many as there are", host(4), .satisfied),
    Example("more", host(5), .violated(.critical)),
    Example("no host to ask", .example(domains: DomainXML.example()), .unknown),
  ]
}
