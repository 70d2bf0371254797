/// Two programs that write one knob.
struct HostTunerConflict: Rule {
  static let about = RuleInfo(
    id: "host.tuner-conflict", title: "Each knob has one owner",
    severity: Severities(.warning),
    rationale: "What one tuner sets, the other sets back, at a time nobody expects.",
    cost: "A decision which of them owns the knob.",
    notWhen: "TuneD keeps the same values; a tuner is installed but doesn't run.",
    sources: [.text("TuneD's profiles"), .link("https://tuned-project.org/")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    guard facts.units.all.value != nil else { return .missing(facts.units.all) }
    var byOwner: [String: Set<String>] = [:]
    for item in context.wantedKnobs {
      let change = Change.knob(path: item.path, value: item.written ?? item.target.written)
      guard let owner = KnobOwner.of(change, in: facts) else { continue }
      // TuneD's value may meet a limit without being the same.
      if let value = owner.value, item.target.accepts(KnobValue.normal(value)) == true { continue }
      byOwner[owner.name, default: []].insert(item.name)
    }
    if facts.units.isActive("numad") == true {
      let pinned = facts.domains.filter { $0.definition.isPinned || $0.current.isPinned }
      if !pinned.isEmpty {
        byOwner["numad"] = Set(pinned.prefix(5).map { "pins of \($0.key.printable)" })
      }
    }
    let running = ["tuned", "power-profiles-daemon", "tlp", "numad", "ksmtuned"]
      .filter { facts.units.isActive($0) == true }
    guard !byOwner.isEmpty else {
      let shown = running.isEmpty ? "no other tuner runs" : running.joined(separator: ", ")
      return .satisfied([Evidence("/tuned-vm/units.json", observed: shown)])
    }
    let owners = byOwner.sorted { $0.key < $1.key }
    return .violated(
      Violation(
        owners.map { "\($0.key) owns \($0.value.sorted().joined(separator: ", "))" }
          .joined(separator: "; "),
        evidence: owners.map {
          Evidence("service \($0.key)", observed: "active", expected: "inactive, or equal values")
        },
        remedy: .advice(
          "choose one owner for each knob: stop the other service, or leave the knob to it; "
            + "apply takes a knob over with --take")))
  }

  private static func host(_ unit: String, tuned profile: String? = nil) -> Snapshot {
    let host = Snapshot.exampleHost()
      .with("/tuned-vm/units.json", "{\"\(unit).service\":{\"active\":\"active\"}}\n")
    return profile.map { host.with("/etc/tuned/active_profile", $0 + "\n") } ?? host
  }

  static let examples = [
    Example("nobody else", .exampleHost(), .satisfied),
    Example(
      "installed, but it doesn't run",
      .exampleHost().with("/etc/tuned/active_profile", "powersave\n"), .satisfied),
    Example("TuneD keeps the same", host("tuned", tuned: "virtual-host"), .satisfied),
    Example(
      "a profile of the site's own, with the same values",
      host("tuned", tuned: "site").with(
        "/etc/tuned/site/tuned.conf", "[main]\ninclude=virtual-host\n[sysctl]\nvm.swappiness=5\n"),
      .satisfied),
    Example("irqbalance has knobs of its own", host("irqbalance"), .satisfied),
    Example("numad, and nothing is pinned", host("numad"), .satisfied),
    Example(
      "numad moves what is pinned",
      host("numad").with(domain: DomainXML.example(vcpuAttributes: "cpuset='0-3'")),
      .violated(.warning)),
    Example(
      "TuneD keeps another value", host("tuned", tuned: "virtual-guest"), .violated(.warning)),
    Example(
      "a profile of the site's own",
      host("tuned", tuned: "site").with(
        "/etc/tuned/site/tuned.conf",
        "[main]\ninclude=virtual-host\n[sysctl]\nvm.swappiness = 60\n"), .violated(.warning)),
    Example("a daemon that sets governors", host("power-profiles-daemon"), .violated(.warning)),
    Example("the services were not read", .exampleHost().without("/tuned-vm"), .unknown),
  ]
}
