/// Receive rings of the host's cards.
struct NetHostNICRings: Rule {
  static let about = RuleInfo(
    id: "net.host-nic-rings", title: "Cards that miss packets use their whole receive ring",
    severity: Severities(.info, [.network: .warning]),
    rationale: "A full ring drops packets while a CPU is late for microseconds.",
    cost: "Memory, and a short loss of link on many drivers.",
    notWhen: "The card misses nothing or has no link; virtual interfaces.",
    sources: [.article("§11"), .text("ethtool(8) -G")])

  static func evaluate(_ context: Context) -> [Judgement] {
    HostCards.judge(context) { card, tool in
      let missed = context.facts.snapshot.integer(card.path("statistics/rx_missed_errors"))
      guard let count = missed.value else { return .missing(missed) }
      guard let ring = tool.receiveRing else {
        return .notApplicable("the driver doesn't tell its ring")
      }
      let evidence = [
        .fact(missed, expected: "0"),
        Evidence(
          "ethtool -g \(card.name.printable)", observed: "\(ring.current)",
          expected: "\(ring.maximum)"),
      ]
      guard count > 0, ring.current < ring.maximum else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(card.name.printable) missed \(count) packets with a ring of \(ring.current) of "
            + "\(ring.maximum)", evidence: evidence,
          remedy: .advice("ethtool -G \(card.name.printable) rx \(ring.maximum)")))
    }
  }

  private static let small = Snapshot.exampleHost().with(
    "/tuned-vm/ethtool.json", #"{"eno1":{"rings":{"rx":{"current":512,"max":4096}}}}"#)
  private static let missed = "/sys/class/net/eno1/statistics/rx_missed_errors"

  static let examples = [
    Example("nothing is missed", small, .satisfied),
    Example("the ring is whole", .exampleHost().with(missed, "9\n"), .satisfied),
    Example("packets are missed", small.with(missed, "9\n"), .violated(.info)),
    Example("unreadable", small.withUnreadable(missed), .unknown),
  ]
}
