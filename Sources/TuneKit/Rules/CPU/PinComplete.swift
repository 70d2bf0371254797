/// Half-pinned guests run at the pace of the vCPU that was forgotten.
struct PinComplete: Rule {
  static let about = RuleInfo(
    id: "cpu.pin-complete",
    title: "Either all vCPUs of a guest are pinned or none",
    severity: Severities(.warning),
    rationale: "A vCPU without a pin runs on the CPUs of the others and stops them; a pin for a "
      + "vCPU that isn't there is a sign of a mistake.",
    cost: "None beside the restart.",
    notWhen: "vcpu/@cpuset or placement='auto' covers the rest.",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      let pins = definition.cputune.vcpuPins
      guard !pins.isEmpty else { return .notApplicable("no vcpupin") }
      let stray = pins.filter { $0.id >= definition.vcpus }
      if !stray.isEmpty {
        return .violated(
          Violation(
            "\(domain.key) pins vCPU \(stray.prefix(8).map { "\($0.id)" }.joined(separator: ", ")) but has "
              + "only \(definition.vcpus)",
            evidence: stray.prefix(8).map { $0.node.evidence("@vcpu", "\($0.id)") },
            remedy: .edit(
              domain, "remove the pins of vCPUs that aren't there",
              stray.map { .remove(DomainDefinition.pinPath($0.id)) })))
      }
      let given = Set(pins.map(\.id))
      let missing = (0..<definition.vcpus).filter { !given.contains($0) }
      let evidence = [
        definition.evidence(
          "cputune/vcpupin", "\(definition.vcpus - missing.count) of \(definition.vcpus)",
          "\(definition.vcpus)")
      ]
      guard !missing.isEmpty, definition.fallbackPin == .anywhere else {
        return .satisfied(evidence)
      }
      return .violated(
        Violation(
          "\(domain.key) leaves \(missing.count) of \(definition.vcpus) vCPUs unpinned",
          evidence: evidence, remedy: context.home(domain, or: fill(context, domain)),
          cause: "pins of \(domain.key)"))
    }
  }

  /// The nodes of the other pins for the rest.
  private static func fill(_ context: Context, _ domain: Domain) -> Remedy {
    let topology = context.facts.topology
    let nodes = topology.nodes(of: domain.definition.pinnedCPUs)
    var cpus = CPUSet()
    for node in topology.nodes where nodes.contains(node.id) { cpus = cpus.union(node.cpus) }
    guard !cpus.isEmpty else { return .advice("pin the rest: see 'tuned-vm place'") }
    return .edit(
      domain, "keep the rest on the same node",
      [
        .setAttribute("vcpu", name: "placement", value: "static"),
        .setAttribute("vcpu", name: "cpuset", value: cpus.description),
      ])
  }

  private static func guest(_ pins: String, attributes: String = "") -> String {
    DomainXML.example(
      vcpus: 2, vcpuAttributes: attributes, extra: "<cputune>\(pins)</cputune>")
  }
  private static let one = "<vcpupin vcpu='0' cpuset='1'/>"

  static let examples: [Example] = [
    Example(
      "all pinned", .example(domains: guest(one + "<vcpupin vcpu='1' cpuset='2'/>")), .satisfied),
    Example(
      "a cpuset covers the rest", .example(domains: guest(one, attributes: "cpuset='0-3'")),
      .satisfied),
    Example("none pinned", .example(domains: DomainXML.example()), .notApplicable),
    Example(
      "one of two", Snapshot.exampleHost().with(domain: guest(one)), .violated(.warning)),
    Example(
      "a pin for vCPU 5 of 2",
      .example(
        domains: guest(
          one + "<vcpupin vcpu='1' cpuset='2'/><vcpupin vcpu='5' cpuset='2'/>")),
      .violated(.warning)),
  ]
}
