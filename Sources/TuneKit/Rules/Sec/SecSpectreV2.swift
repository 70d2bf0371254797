/// Branch target injection.
struct SecSpectreV2: Rule {
  static let about = RuleInfo(
    id: "sec.spectre-v2", title: "Branch predictors are kept apart between guests",
    severity: Severities(.warning, [.secure: .critical]),
    rationale: "A guest trains the predictor and steers what the host or another guest "
      + "speculates on.",
    cost: "The mitigation's own, a few per cent.",
    notWhen: "Not affected; enhanced IBRS, which reports STIBP differently; always-on STIBP.",
    sources: [
      .article("§10.2"), .link("https://docs.kernel.org/admin-guide/hw-vuln/spectre.html"),
    ])

  private static let path = Mitigations.directory + "spectre_v2"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      let reading = context.facts.snapshot.text(path)
      guard let text = reading.value else { return .unknown(reading.unknownReason) }
      let file = Vulnerability(name: "spectre_v2", text: text)
      guard file.state != .unknown else { return .unknown("\(path): \(text.printable)") }
      let reason = weakness(file, context)
      guard let reason else { return .satisfied([Mitigations.evidence(file)]) }
      return .violated(
        Violation(
          "spectre_v2: \(reason)", severity: context.facts.hostIsGuest ? .info : nil,
          evidence: [Mitigations.evidence(file, expected: "a mitigation with IBPB")],
          remedy: Remedy(
            .nextHostBoot, "update microcode and kernel and boot without spectre_v2 arguments"),
          cause: Mitigations.cause(context)))
    }
  }

  private static func weakness(_ file: Vulnerability, _ context: Context) -> String? {
    if file.state == .vulnerable { return file.text.quoted(limit: 160) }
    guard context.profile.family == .secure, file.state == .mitigated else { return nil }
    if file.text.contains("IBPB: disabled") { return "no barrier between guests (IBPB: disabled)" }
    let smt = context.facts.snapshot.text("/sys/devices/system/cpu/smt/active").value == "1"
    let isEnhanced = file.text.contains("Enhanced") || file.text.contains("eIBRS")
    if smt, !isEnhanced, file.text.contains("STIBP: disabled") {
      return "sibling threads share predictors (STIBP: disabled)"
    }
    return nil
  }

  private static func host(_ text: String) -> Snapshot { .exampleHost().with(path, text + "\n") }

  static let examples = [
    Example("enhanced IBRS", .exampleHost(), under: .secure, .satisfied),
    Example("not affected", host("Not affected"), .satisfied),
    Example(
      "AMD, always on",
      host("Mitigation: Retpolines; IBPB: conditional; STIBP: always-on; RSB filling"),
      under: .secure, .satisfied),
    Example(
      "mixed hosts accept STIBP off",
      host("Mitigation: Retpolines; IBPB: conditional; STIBP: disabled"),
      .satisfied),
    Example("open", host("Vulnerable, IBPB: disabled, STIBP: disabled"), .violated(.warning)),
    Example(
      "tenants without a barrier", host("Mitigation: Retpolines; IBPB: disabled; RSB filling"),
      under: .secure, .violated(.critical)),
    Example("unreadable", .exampleHost().withUnreadable(path), .unknown),
    Example("a text nobody knows", Snapshot.exampleHost().with(path, "Something else\n"), .unknown),
  ]
}
