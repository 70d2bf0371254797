/// SATA and SAS disks without moving parts.
struct IOSchedulerSSD: Rule {
  static let about = RuleInfo(
    id: "io.scheduler-ssd", title: "SATA and SAS SSDs use mq-deadline",
    severity: Severities(.warning),
    rationale: "One queue for all guests: mq-deadline keeps reads ahead of long writes at little "
      + "cost.",
    cost: "A little CPU per request.",
    notWhen: "A RAID controller schedules itself; a plain host bus adapter with none (info); "
      + "virtual disks, whose rotational flag means nothing.",
    sources: [
      .article("§6.4"), .link("https://docs.kernel.org/block/switching-sched.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    SchedulerJudge.evaluate(
      context, [.ssd, .virtual, .other],
      "mq-deadline keeps reads ahead of long writes",
      #"KERNEL=="sd[a-z]*", ATTR{queue/rotational}=="0""#
    ) { device, current, wanted in
      if current == wanted { return .right }
      if device.isHardwareRAID, ["none", "mq-deadline"].contains(current) { return .right }
      return .wrong(device.isPlainHBA && current == "none" ? .info : nil)
    }.filter { judgement in
      // Only disks whose kind can't be told are unknown here; other devices are not our matter.
      guard case .unknown = judgement.verdict else { return true }
      return judgement.subject.kind == .host || judgement.subject.name.hasPrefix("sd")
    }
  }

  static let examples = [
    Example("mq-deadline", .exampleHost(), .satisfied),
    Example(
      "deadline of an old kernel", SchedulerJudge.host("sda", "noop [deadline] cfq"), .satisfied),
    Example(
      "a RAID controller schedules",
      SchedulerJudge.host("sda", "[none] mq-deadline", driver: "megaraid_sas"), .satisfied),
    Example(
      "a virtual disk",
      SchedulerJudge.host("sda", "[none] mq-deadline").without("/sys/block/sdb")
        .with("/sys/block/sda/device/vendor", "QEMU\n"), .notApplicable),
    Example(
      "none behind a host bus adapter",
      SchedulerJudge.host("sda", "[none] mq-deadline", driver: "mpt3sas"), .violated(.info)),
    Example("none on AHCI", SchedulerJudge.host("sda", "[none] mq-deadline"), .violated(.warning)),
    Example(
      "bfq for databases", SchedulerJudge.host("sda", "[bfq] mq-deadline"), under: .db,
      .violated(.warning)),
    Example(
      "nobody knows whether it turns",
      SchedulerJudge.host("sda", "[none] mq-deadline")
        .withUnreadable("/sys/block/sda/queue/rotational"), .unknown),
  ]
}
