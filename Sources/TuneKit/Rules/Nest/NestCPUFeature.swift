/// A guest that should run guests and can't.
struct NestCPUFeature: Rule {
  static let about = RuleInfo(
    id: "nest.cpu-feature", title: "Guests tagged as hypervisors ask for vmx or svm",
    severity: Severities(.info),
    rationale: "Models other than host-passthrough leave the extension out unless it is asked for.",
    cost: "Moving such a guest needs care.",
    notWhen: "Not tagged as a hypervisor; host-passthrough.",
    sources: [
      .article("§8"), .link("https://www.qemu.org/docs/master/system/qemu-cpu-models.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard context.tags(of: domain).role == "hypervisor" else {
        return .notApplicable("it is not tagged as a hypervisor")
      }
      let mode = domain.definition.cpu?.mode ?? "absent"
      guard ["custom", "host-model", "absent"].contains(mode) else {
        return .notApplicable("\(mode) shows the extension by itself")
      }
      let name = NestedExposure.feature(context.facts)
      let evidence = Evidence(
        "/domain/cpu/feature[@name='\(name)']/@policy",
        observed: domain.definition.requiresNesting ? "require" : nil, expected: "require")
      guard !domain.definition.requiresNesting else { return .satisfied([evidence]) }
      let path = XMLPath("cpu").child("feature", [XMLPath.Attribute("name", name)])
      return .violated(
        Violation(
          "\(domain.key.printable) is to run guests and doesn't see \(name)", evidence: [evidence],
          remedy: mode == "absent"
            ? .advice("give it <cpu mode='host-model'> with the feature \(name)")
            : .edit(
              "require \(name)", domain, [.setAttribute(path, name: "policy", value: "require")])))
    }
  }

  private static func guest(_ cpu: String, _ tags: [String: String] = ["role": "hypervisor"])
    -> Snapshot
  {
    .exampleHost().withDomain(DomainXML.example(tags: tags, extra: cpu))
  }

  static let examples = [
    Example("not tagged", guest("<cpu mode='host-model'/>", [:]), .notApplicable),
    Example("host-passthrough", guest("<cpu mode='host-passthrough'/>"), .notApplicable),
    Example(
      "asked for",
      guest("<cpu mode='host-model'><feature policy='require' name='vmx'/></cpu>"), .satisfied),
    Example("not asked for", guest("<cpu mode='host-model'/>"), .violated(.info)),
  ]
}
