/// The wrong timers cost traps all day, or let the guest's clock drift.
struct DomClockTimers: Rule {
  static let about = RuleInfo(
    id: "dom.clock-timers",
    title: "The guest's timers are the cheap and exact ones",
    severity: Severities(.info, [.latency: .warning]),
    rationale:
      "A Linux guest reads kvmclock without leaving the guest. Windows without hypervclock "
      + "polls the HPET or the RTC, thousands of traps a second.",
    cost: "None known; the guest sees other timers at its next start.",
    notWhen: "Other architectures than x86; no kvmclock timer is written (it is there by default).",
    sources: [
      .link("https://libvirt.org/formatdomain.html"),
      .text("Red Hat: enhancing the performance of Windows virtual machines"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge($0, context) }
  }

  private static func judge(_ domain: Domain, _ context: Context) -> Verdict {
    let definition = domain.definition
    let isX86 = definition.isX86 ?? context.facts.processor.architecture.map { $0 == .x86 }
    guard let isX86 else { return .unknown("os/type/@arch: the architecture is not stated") }
    guard isX86 else { return .notApplicable("timers of other architectures have no choice") }
    guard definition.type != "qemu" else { return .notApplicable("emulated without KVM") }
    let isWindows = definition.isWindows
    let wishes = common(definition) + (isWindows == true ? windows(definition) : linux(definition))
    let wrong = wishes.filter { !$0.holds }
    guard !wrong.isEmpty else {
      return .satisfied(wishes.map { definition.evidence($0.path.description, $0.observed) })
    }
    let names = wrong.map(\.what).joined(separator: ", ")
    return .violated(
      Violation(
        "\(domain.key): \(names)", severity: isWindows == true ? .warning : nil,
        evidence: wrong.map {
          definition.evidence(
            "\($0.path.description)/@\($0.attribute)", $0.observed, $0.wanted)
        },
        remedy: .edit(
          domain, "set the timers",
          (definition.features.clock == nil
            ? [
              .setAttribute("clock", name: "offset", value: isWindows == true ? "localtime" : "utc")
            ]
            : [])
            + wrong.map { .setAttribute($0.path, name: $0.attribute, value: $0.wanted) })))
  }

  private struct Wish {
    let path: XMLPath
    let attribute: String
    let observed: String?
    let wanted: String
    let holds: Bool
    let what: String
  }

  private static func timer(_ name: String) -> XMLPath {
    XMLPath([.init("clock"), .init("timer", attributes: [.init("name", name)])])
  }

  /// A PIT that is written must not catch up: it would stop the guest to deliver lost ticks.
  private static func common(_ definition: DomainDefinition) -> [Wish] {
    let pit = definition.features.timer("pit")
    // QEMU's own default catches up; for Windows that has to be said.
    guard pit?.present != false, pit != nil || definition.isWindows == true else { return [] }
    return [
      Wish(
        path: timer("pit"), attribute: "tickpolicy", observed: pit?.tickPolicy, wanted: "delay",
        holds: pit?.tickPolicy == "delay"
          || (pit?.tickPolicy == nil && definition.isWindows != true),
        what: "the PIT does not delay lost ticks")
    ]
  }

  private static func linux(_ definition: DomainDefinition) -> [Wish] {
    guard definition.isWindows == false, let clock = definition.features.timer("kvmclock") else {
      return []
    }
    return [
      Wish(
        path: timer("kvmclock"), attribute: "present",
        observed: clock.present == false ? "no" : "yes",
        wanted: "yes", holds: clock.present != false, what: "kvmclock is taken away")
    ]
  }

  private static func windows(_ definition: DomainDefinition) -> [Wish] {
    let features = definition.features
    func word(_ flag: Bool?) -> String? { flag.map { $0 ? "yes" : "no" } }
    let hyperv = features.timer("hypervclock")
    let hpet = features.timer("hpet")
    let rtc = features.timer("rtc")
    return [
      Wish(
        path: timer("hypervclock"), attribute: "present", observed: word(hyperv?.present),
        wanted: "yes", holds: hyperv?.present == true, what: "hypervclock is missing"),
      Wish(
        path: timer("hpet"), attribute: "present", observed: word(hpet?.present), wanted: "no",
        holds: hpet?.present == false, what: "the HPET is present"),
      Wish(
        path: timer("rtc"), attribute: "tickpolicy", observed: rtc?.tickPolicy,
        wanted: "catchup", holds: rtc?.tickPolicy == "catchup",
        what: "the RTC does not catch up lost ticks"),
    ]
  }

  private static let right =
    "<clock offset='localtime'><timer name='rtc' tickpolicy='catchup'/>"
    + "<timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/>"
    + "<timer name='hypervclock' present='yes'/></clock>"

  private static func guest(
    _ clock: String, system: String? = DomainXML.linux, arch: String = "x86_64"
  ) -> Snapshot {
    .example(domains: DomainXML.example(arch: arch, system: system, extra: clock))
  }

  static let examples: [Example] = [
    Example("Windows set right", guest(right, system: DomainXML.windows), .satisfied),
    Example("Linux has kvmclock by default", guest("<clock offset='utc'/>"), .satisfied),
    Example("an unknown guest is left alone", guest("", system: nil), .satisfied),
    Example("arm64", guest("", arch: "aarch64"), .notApplicable),
    Example(
      "Windows whose PIT catches up by default",
      guest(
        right.replacing("<timer name='pit' tickpolicy='delay'/>", with: ""),
        system: DomainXML.windows), .violated(.warning)),
    Example(
      "Windows without hypervclock", guest("", system: DomainXML.windows), .violated(.warning)),
    Example(
      "kvmclock taken away",
      guest("<clock offset='utc'><timer name='kvmclock' present='no'/></clock>"),
      under: .latency, .violated(.warning)),
    Example(
      "a PIT that catches up",
      guest("<clock offset='utc'><timer name='pit' tickpolicy='catchup'/></clock>"),
      .violated(.info)),
    Example(
      "nobody says the architecture",
      .example(domains: DomainXML.example().replacing(" arch='x86_64'", with: "")), .unknown),
    Example(
      "emulated without KVM", .example(domains: DomainXML.example(type: "qemu")), .notApplicable),
    Example(
      "Windows with an HPET",
      guest(
        right.replacing("hpet' present='no'", with: "hpet' present='yes'"),
        system: DomainXML.windows), .violated(.warning)),
    Example(
      "Windows whose RTC does not catch up",
      guest(
        right.replacing("rtc' tickpolicy='catchup'", with: "rtc' tickpolicy='delay'"),
        system: DomainXML.windows), .violated(.warning)),
  ]
}
