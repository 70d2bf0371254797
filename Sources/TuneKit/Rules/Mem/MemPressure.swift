/// Tasks that wait for memory.
struct MemPressure: Rule {
  static let about = RuleInfo(
    id: "mem.pressure", title: "Nothing waits for memory",
    severity: Severities(.warning),
    rationale: "Time spent waiting for memory is time guests don't run.",
    cost: "Guests move, or memory is added.",
    notWhen: "The kernel has no pressure figures; swap counters and OOM kills are judged against "
      + "a baseline only.",
    sources: [.article("§11"), .link("https://docs.kernel.org/accounting/psi.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      let pressure = context.facts.memory.pressureAvg60
      if context.facts.snapshot.isAbsent(pressure.source) {
        return .notApplicable("the kernel has no pressure figures")
      }
      guard let average = pressure.value else { return .missing(pressure) }
      let evidence = Evidence(
        pressure.source + " some avg60", observed: "\(average)", expected: "at most 5")
      guard average > 5 else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "tasks waited for memory \(average) % of the last minute", evidence: [evidence],
          remedy: .advice("move guests away, shrink caches (ZFS ARC), or add memory")))
    }
  }

  private static let file = "/proc/pressure/memory"

  static let examples = [
    Example("no waiting", .exampleHost(), .satisfied),
    Example(
      "waiting", .exampleHost().with(file, "some avg10=9.00 avg60=7.50 avg300=1.00 total=5\n"),
      .violated(.warning)),
    Example("unreadable", .exampleHost().withUnreadable(file), .unknown),
    Example(
      "no such figures", .exampleHost().without("/proc/pressure"), .notApplicable),
  ]
}
