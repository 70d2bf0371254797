/// Emulator threads on the vCPUs' CPUs stop the guest each time they run.
struct EmulatorPin: Rule {
  static let about = RuleInfo(
    id: "cpu.emulatorpin",
    title: "A pinned guest's emulator runs beside its vCPUs",
    severity: Severities(.info, [.latency: .warning, .network: .warning, .hpc: .warning]),
    rationale: "The main loop and the vhost threads take CPU time; on the vCPUs' own CPUs they "
      + "take it from the guest.",
    cost: "CPUs of the host for the emulator.",
    notWhen: "Guests without CPUs of their own; a cpuset that keeps the emulator elsewhere.",
    sources: [.link("https://libvirt.org/formatdomain.html"), .text("libvirt: kvm-realtime")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      guard definition.isDedicated else { return .notApplicable("no CPUs of its own") }
      let pin = definition.emulatorPin
      let text = pin.cpus?.description
      if let cpus = pin.cpus, cpus.isDisjoint(with: definition.pinnedCPUs) {
        return .satisfied([definition.evidence("cputune/emulatorpin/@cpuset", text)])
      }
      if pin == .automatic { return .unknown("numad decides at the start where the emulator runs") }
      let wanted = context.helperCPUs(for: definition)
      return .violated(
        Violation(
          "\(domain.key): the emulator may run on the CPUs of its vCPUs",
          evidence: [
            definition.evidence(
              "cputune/emulatorpin/@cpuset", text, wanted?.description ?? "other CPUs")
          ],
          remedy: context.home(
            domain,
            or: wanted.map {
              .edit(
                domain, "keep the emulator on \($0)",
                [
                  .setAttribute("cputune/emulatorpin", name: "cpuset", value: $0.description)
                ], live: [.pinEmulator($0)])
            } ?? .advice("give the emulator CPUs of the same node beside the vCPUs"))))
    }
  }

  private static let host = Snapshot.exampleHost()

  static let examples: [Example] = [
    Example(
      "beside",
      host.with(domain: PinnedExample.xml([1, 2], more: "<emulatorpin cpuset='0,8'/>")),
      .satisfied),
    Example("a floating guest", host.with(domain: DomainXML.example()), .notApplicable),
    Example(
      "a cpuset keeps it elsewhere",
      host.with(domain: PinnedExample.xml([1, 2], attributes: "cpuset='0'")), .satisfied),
    Example(
      "no emulatorpin means anywhere", host.with(domain: PinnedExample.xml([1, 2])),
      under: .latency, .violated(.warning)),
    Example(
      "on the vCPUs' CPUs",
      host.with(domain: PinnedExample.xml([1, 2], more: "<emulatorpin cpuset='0-1'/>")),
      .violated(.info)),
    Example(
      "numad decides",
      host.with(domain: PinnedExample.xml([1, 2], attributes: "placement='auto'")), .unknown),
  ]
}
