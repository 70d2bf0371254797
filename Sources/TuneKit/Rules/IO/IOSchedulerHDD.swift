/// Rotating disks.
struct IOSchedulerHDD: Rule {
  static let about = RuleInfo(
    id: "io.scheduler-hdd", title: "Rotating disks use mq-deadline",
    severity: Severities(.warning),
    rationale: "Heads move: requests in order of place, none waiting for ever, give several times "
      + "the throughput.",
    cost: "None worth naming.",
    notWhen: "A RAID controller schedules itself; desktops may use bfq.",
    sources: [
      .article("§6.4"), .link("https://docs.kernel.org/block/switching-sched.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    SchedulerJudge.evaluate(
      context, [.hdd], "mq-deadline orders requests by place",
      #"KERNEL=="sd[a-z]*", ATTR{queue/rotational}=="1""#
    ) { device, current, wanted in
      if current == wanted { return .right }
      if device.isHardwareRAID, ["none", "mq-deadline"].contains(current) { return .right }
      if current == "bfq", wanted == "mq-deadline" {
        return context.isFamily(.desktop) ? .right : .wrong(.info)
      }
      return .wrong(nil)
    }
  }

  static let examples = [
    Example("mq-deadline", .exampleHost(), .satisfied),
    Example(
      "desktops may use bfq", SchedulerJudge.host("sdb", "mq-deadline [bfq]"), under: .desktop,
      .satisfied),
    Example(
      "a RAID controller schedules",
      .exampleHost().without("/sys/block/sda")
        .with("/sys/block/sdb/queue/scheduler", "[none] mq-deadline\n")
        .withLink("/sys/bus/pci/devices/0000:00:17.0/driver", "/sys/bus/pci/drivers/hpsa"),
      .satisfied),
    Example("bfq", SchedulerJudge.host("sdb", "mq-deadline [bfq]"), .violated(.info)),
    Example("none", SchedulerJudge.host("sdb", "[none] mq-deadline"), .violated(.warning)),
    Example(
      "unreadable", .exampleHost().withUnreadable("/sys/block/sdb/queue/scheduler"), .unknown),
  ]
}
