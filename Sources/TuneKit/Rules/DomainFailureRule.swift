// Domains whose definition can't be read: nothing about them is known, and that is said.

/// An `unknown` verdict for each domain that could not be understood.
enum DomainFailureRule {
  static let about = RuleInfo(
    id: "dom.definition", title: "A domain's definition can be read and understood",
    severity: Severities(.warning),
    rationale: "A definition that can't be parsed is not checked by any rule.",
    cost: "None.",
    notWhen: "Never: a definition that can't be read is always an unknown, not a violation.",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func assess(_ context: Context, _ selection: Selection) -> [Audit.Assessment] {
    guard selection.includes(rule: about.id), selection.domains == nil else { return [] }
    let severity = context.profile.namedSeverity(of: about.id) ?? about.severity.standard
    guard severity != .off else { return [] }
    var names = Set(context.facts.domains.map(\.key))
    return context.facts.domainFailures.map { failure in
      var name = failure.name
      var number = 2
      while !names.insert(name).inserted {
        name = "\(failure.name)#\(number)"
        number += 1
      }
      return Audit.Assessment(
        about: about, subject: Subject(.domain, name), verdict: .unknown(failure.message),
        severity: severity, domain: name)
    }
  }
}
