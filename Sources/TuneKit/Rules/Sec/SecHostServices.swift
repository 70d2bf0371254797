/// Services a virtualization host has no use for.
struct SecHostServices: Rule {
  static let about = RuleInfo(
    id: "sec.host-services", title: "The host runs no desktop services",
    severity: Severities(.info, [.secure: .warning]),
    rationale: "Service discovery, printing and Bluetooth listen to anybody near.",
    cost: "They are gone.", notWhen: "Desktop hosts.", sources: [.article("§10.2")])

  private static let services = ["avahi-daemon", "cups", "bluetooth"]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      if context.profile.family == .desktop {
        return .notApplicable("a desktop host may want them")
      }
      let units = context.facts.units
      guard units.all.value != nil else { return .unknown(units.all.unknownReason) }
      let active = services.filter { units.isActive($0) == true }
      guard !active.isEmpty else {
        return .satisfied([Evidence(units.all.source, observed: "none of them is active")])
      }
      return .violated(
        Violation(
          "\(active.joined(separator: ", ")) run on a virtualization host",
          evidence: active.map {
            Evidence("\(units.all.source) \($0).service", observed: "active", expected: "inactive")
          },
          remedy: .advice(
            "systemctl disable --now "
              + active.map { $0 + ".service" }.joined(separator: " "))))
    }
  }

  private static let printing = Snapshot.exampleHost().with(
    "/tuned-vm/units.json", "{\"cups.service\":{\"active\":\"active\"}}\n")

  static let examples = [
    Example("none", .exampleHost(), .satisfied),
    Example("a desktop host", printing, under: .desktop, .notApplicable),
    Example("printing", printing, .violated(.info)),
    Example("printing beside tenants", printing, under: .secure, .violated(.warning)),
    Example("not captured", .exampleHost().without("/tuned-vm/units.json"), .unknown),
  ]
}
