/// Kernel arguments that switch protections against other guests off.
struct SecMitigationsOff: Rule {
  static let about = RuleInfo(
    id: "sec.mitigations-off", title: "The kernel's hardware mitigations are on",
    severity: Severities(.critical),
    rationale: "Without them one guest reads the memory of another or of the host through the "
      + "processor's caches and predictors.",
    cost: "A few per cent, more where guests exit often.",
    notWhen: "The processor isn't affected; all guests are tagged as a lab's.",
    sources: [
      .article("§10.2"), .link("https://docs.kernel.org/admin-guide/hw-vuln/index.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      guard let line = context.facts.commandLine.value else {
        return .unknown(context.facts.commandLine.unknownReason)
      }
      let domains = context.facts.domains
      let found = Mitigations.disabling(line)
      guard !found.isEmpty else {
        return .satisfied([Evidence("/proc/cmdline", observed: "no mitigation is switched off")])
      }
      if !domains.isEmpty, domains.allSatisfy({ context.tags(of: $0).role == "lab" }) {
        return .notApplicable("all guests are a lab's")
      }
      guard let files = context.facts.processor.vulnerabilities.value else {
        return .unknown(context.facts.processor.vulnerabilities.unknownReason)
      }
      let harmful = found.filter { entry in
        let concerned = files.filter { entry.files.isEmpty || entry.files.contains($0.name) }
        return concerned.isEmpty || concerned.contains { $0.state != .notAffected }
      }
      guard !harmful.isEmpty else { return .notApplicable("the processor is not affected") }
      let words = harmful.map(\.argument).joined(separator: " ")
      return .violated(
        Violation(
          "the kernel runs with \(words.quoted(limit: 200)): guests are not kept apart",
          evidence: [Evidence("/proc/cmdline", observed: words, expected: "none of these")],
          remedy: Remedy(
            .nextHostBoot, "remove \(words.printable) from the kernel's arguments and reboot"),
          cause: "sec.mitigations-off"))
    }
  }

  static let examples = [
    Example("nothing is switched off", .exampleHost(), .satisfied),
    Example(
      "not affected by what is switched off",
      .exampleHost().with("/proc/cmdline", "root=/dev/sda1 l1tf=off mds=off\n"), .notApplicable),
    Example(
      "a lab",
      .exampleHost().with("/proc/cmdline", "mitigations=off\n")
        .withDomain(DomainXML.example(tags: ["role": "lab"])), .notApplicable),
    Example(
      "auto is the default", .exampleHost().with("/proc/cmdline", "mitigations=auto,nosmt\n"),
      .satisfied),
    Example(
      "the last word counts",
      .exampleHost().with("/proc/cmdline", "mitigations=off quiet mitigations=auto\n"),
      .satisfied),
    Example(
      "all off", .exampleHost().with("/proc/cmdline", "root=/dev/sda1 mitigations=off\n"),
      .violated(.critical)),
    Example("unreadable", .exampleHost().withUnreadable("/proc/cmdline"), .unknown),
  ]
}
