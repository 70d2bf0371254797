/// A host that is a guest itself.
struct NestCost: Rule {
  static let about = RuleInfo(
    id: "nest.cost", title: "Guests run on the machine itself",
    severity: Severities(.info),
    rationale: "A guest of a guest loses 25 to 40 % of CPU-bound work, the first level 5 to 10 %.",
    cost: "A machine of its own.",
    notWhen: "The host is no guest. (Rules about governor, C-states, interrupts, microcode, memory "
      + "errors and turbo are silent on a guest.)",
    sources: [.article("§8")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      let host = context.facts.host
      guard let isGuest = host.virtualized else {
        return .unknown("\(host.virtualizedSource): whether this is a guest can't be told")
      }
      let evidence = Evidence(
        host.virtualizedSource, observed: isGuest ? "a guest" : "no guest", expected: "no guest")
      guard isGuest else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "this host is a guest: expect its own guests to lose 25-40 % of CPU-bound work",
          evidence: [evidence],
          remedy: .advice("run guests that need speed on the outer host, or on a machine")))
    }
  }

  static let examples = [
    Example("a machine", .exampleHost(), .satisfied),
    Example(
      "a guest",
      .exampleHost().with("/proc/cpuinfo", "processor\t: 0\nflags\t: vmx hypervisor\n"),
      .violated(.info)),
  ]
}
