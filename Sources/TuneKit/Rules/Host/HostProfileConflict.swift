/// Guests whose own profile wants another host.
struct HostProfileConflict: Rule {
  static let about = RuleInfo(
    id: "host.profile-conflict", title: "Running guests want the same of the host as its profile",
    severity: Severities(.info),
    rationale: "A host knob has one value: a guest whose profile wants another does not get what "
      + "it was promised.",
    cost: "A decision: move the guest, or change the host's profile.",
    notWhen: "The guest doesn't run, or its profile wants nothing else of the host.",
    sources: [.text("the precedence of profiles: plan --profile auto")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let running = context.facts.runningDomains
    guard !running.isEmpty else { return .notApplicable("no guest is known to run") }
    var evidence: [Evidence] = []
    var names: [String] = []
    for domain in running {
      let own = context.profile(of: domain)
      guard own.name != context.profile.name else { continue }
      let other = own.settings.filter { wish in
        let host = context.profile.settings.last {
          $0.knob == wish.knob && $0.selector == wish.selector
        }
        return host?.value != wish.value
      }
      guard let first = other.first else { continue }
      names.append("\(domain.key.printable) (\(own.name.printable))")
      let host = context.profile.settings.last {
        $0.knob == first.knob && $0.selector == first.selector
      }
      evidence.append(
        Evidence(
          "\(domain.key.printable): \(first.knob)"
            + (other.count > 1 ? " and \(other.count - 1) more" : ""),
          observed: host?.value.text ?? "left alone", expected: first.value.text))
    }
    guard !names.isEmpty else {
      return .satisfied([Evidence("profiles", observed: context.profile.name.printable)])
    }
    return .violated(
      Violation(
        "\(names.joined(separator: ", ")) want another host than the profile "
          + "\(context.profile.name.printable) gives", evidence: evidence,
        remedy: .advice(
          "move these guests to a host with their profile, or see plan --profile auto")))
  }

  static let examples = [
    Example("no guest runs", .exampleHost(), .notApplicable),
    Example("the same profile", .exampleHost().with(running: DomainXML.example()), .satisfied),
    Example(
      "a guest that doesn't run",
      .exampleHost().with(domain: DomainXML.example(tags: ["profile": "latency"])),
      .notApplicable),
    Example(
      "a profile that wants the same of the host",
      .exampleHost().with(running: DomainXML.example(tags: ["profile": "migratable"])), .satisfied),
    Example(
      "a low-latency guest on a mixed host",
      .exampleHost().with(running: DomainXML.example(tags: ["profile": "latency"])),
      .violated(.info)),
  ]
}
