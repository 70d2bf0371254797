/// Guests that may run guests, and are meant to move.
struct NestMigration: Rule {
  static let about = RuleInfo(
    id: "nest.migration", title: "Guests that move don't see vmx or svm",
    severity: Severities(.off, [.migratable: .warning]),
    rationale: "Moving a guest while its own guests run needs nested state in both kernels and "
      + "QEMUs; otherwise they die.",
    cost: "The guest can't run guests of its own.",
    notWhen: "The extension is hidden; the guest isn't meant to move.",
    sources: [
      .article("§8"), .link("https://docs.kernel.org/virt/kvm/api.html#kvm-get-nested-state"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard context.profile(of: domain).family == .migratable else {
        return .notApplicable("the guest isn't meant to move")
      }
      switch NestedExposure(domain.definition, context.facts) {
      case .hidden:
        return .satisfied([Evidence("/domain/cpu", observed: "vmx and svm are hidden")])
      case .unknown(let reason): return .unknown(reason)
      case .exposed(let reason):
        return .violated(
          Violation(
            "\(domain.key.printable) may run guests of its own (\(reason)), which may not move",
            evidence: [Evidence("/domain/cpu", observed: reason, expected: "hidden")],
            remedy: .advice(
              "disable vmx and svm for it, or move it only while no guest runs inside")))
      }
    }
  }

  private static let nested = Snapshot.exampleHost().with(
    "/sys/module/kvm_intel/parameters/nested", "Y\n")
  private static let guest = DomainXML.example(extra: "<cpu mode='host-passthrough'/>")

  static let examples = [
    Example("hidden", .exampleHost().withDomain(guest), under: .migratable, .satisfied),
    Example("not meant to move", nested.withDomain(guest), .notApplicable),
    Example("seen", nested.withDomain(guest), under: .migratable, .violated(.warning)),
    Example(
      "unreadable",
      nested.withDomain(guest).withUnreadable("/sys/module/kvm_intel/parameters/nested"),
      under: .migratable, .unknown),
  ]
}
