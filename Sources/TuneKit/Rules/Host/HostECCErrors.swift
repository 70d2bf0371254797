/// Memory that reports errors.
struct HostECCErrors: Rule {
  static let about = RuleInfo(
    id: "host.ecc-errors", title: "Memory reports no errors",
    severity: Severities(.critical),
    rationale: "Uncorrectable errors kill guests; many correctable ones announce them.",
    cost: "The host is drained and a module is replaced.",
    notWhen:
      "The host is itself a guest; no EDAC driver (unknown); correctable errors since boot without a baseline of their "
      + "growth (info).",
    sources: [.article("§11"), .link("https://docs.kernel.org/driver-api/edac.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      context.facts.hostIsGuest
        ? .notApplicable("the outer host watches the memory") : verdict(context.facts.snapshot)
    }
  }

  private static func verdict(_ snapshot: Snapshot) -> Verdict {
    let directory = "/sys/devices/system/edac/mc"
    let controllers = SnapshotPaths(snapshot).numbers(directory, "mc")
    guard !controllers.isEmpty else {
      return .unknown("\(directory): no memory controller reports; load its EDAC driver")
    }
    var evidence: [Evidence] = []
    var (corrected, uncorrected) = (0, 0)
    for number in controllers {
      for (name, isFatal) in [("ue_count", true), ("ce_count", false)] {
        let count = snapshot.integer("\(directory)/mc\(number)/\(name)")
        guard let value = count.value, value >= 0, value < 1 << 40 else { return .missing(count) }
        evidence.append(Evidence(count.source, observed: "\(value)", expected: "0"))
        if isFatal { uncorrected += value } else { corrected += value }
      }
    }
    if uncorrected > 0 {
      return .violated(
        Violation(
          "memory had \(uncorrected) uncorrectable errors; guests' data is at risk",
          evidence: evidence, remedy: .advice("drain the host and replace the memory module")))
    }
    if corrected >= 10 {
      return .violated(
        Violation(
          "memory corrected \(corrected) errors since boot", severity: .info, evidence: evidence,
          remedy: .advice("watch whether the count grows; ten a day and more: replace the module")))
    }
    return .satisfied(evidence)
  }

  private static let mc = "/sys/devices/system/edac/mc/mc0/"

  static let examples = [
    Example("no errors", .exampleHost(), .satisfied),
    Example("a few corrected ones", .exampleHost().with(mc + "ce_count", "3\n"), .satisfied),
    Example("no driver", .exampleHost().without("/sys/devices/system/edac"), .unknown),
    Example(
      "many corrected ones since boot", .exampleHost().with(mc + "ce_count", "5000\n"),
      .violated(.info)),
    Example("uncorrectable", .exampleHost().with(mc + "ue_count", "1\n"), .violated(.critical)),
    Example("itself a guest", .exampleHost().insideOfAGuest, .notApplicable),
    Example("ten corrected ones", .exampleHost().with(mc + "ce_count", "10\n"), .violated(.info)),
    Example("nine corrected ones", .exampleHost().with(mc + "ce_count", "9\n"), .satisfied),
    Example("unreadable", .exampleHost().withUnreadable(mc + "ue_count"), .unknown),
  ]
}
