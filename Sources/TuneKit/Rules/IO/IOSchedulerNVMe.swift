/// NVMe devices have queues of their own.
struct IOSchedulerNVMe: Rule {
  static let about = RuleInfo(
    id: "io.scheduler-nvme", title: "NVMe disks use no I/O scheduler",
    severity: Severities(.warning),
    rationale: "The device takes thousands of requests in parallel; a scheduler in front of it "
      + "costs locks and CPU.",
    cost: "No fairness between guests by the kernel.",
    notWhen: "Hidden paths of multipath NVMe; devices that offer none only; desktops with kyber "
      + "or mq-deadline (info).",
    sources: [
      .article("§6.4"), .link("https://docs.kernel.org/block/switching-sched.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    SchedulerJudge.evaluate(
      context, [.nvme], "none avoids a queueing layer that NVMe does not need",
      #"KERNEL=="nvme[0-9]*n[0-9]*""#
    ) { _, current, wanted in
      if current == wanted { return .right }
      let isFair = ["kyber", "mq-deadline"].contains(current)
      return .wrong(context.isFamily(.desktop) && isFair ? .info : nil)
    }
  }

  static let examples = [
    Example("none", .exampleHost(), .satisfied),
    Example("only none is offered", SchedulerJudge.host("nvme0n1", "[none]"), .notApplicable),
    Example(
      "a hidden path of a multipath disk",
      .exampleHost().without("/sys/block").with(
        "/sys/block/nvme0c0n1/queue/scheduler", "[bfq] none"),
      .notApplicable),
    Example(
      "desktops may be fair", SchedulerJudge.host("nvme0n1", "none [kyber]"), under: .desktop,
      .violated(.info)),
    Example(
      "mq-deadline", SchedulerJudge.host("nvme0n1", "[mq-deadline] none"), .violated(.warning)),
    Example("an empty file", SchedulerJudge.host("nvme0n1", ""), .unknown),
    Example("no list of schedulers", SchedulerJudge.host("nvme0n1", "-5"), .unknown),
    Example(
      "unreadable", .exampleHost().withUnreadable("/sys/block/nvme0n1/queue/scheduler"), .unknown),
    Example(
      "itself a guest", SchedulerJudge.host("nvme0n1", "[mq-deadline] none").insideOfAGuest,
      .notApplicable),
    Example(
      "it has no scheduler", Snapshot.exampleHost().without("/sys/block/nvme0n1/queue/scheduler"),
      .notApplicable),
    Example("the kernel offers no other", SchedulerJudge.host("nvme0n1", "[none]"), .notApplicable),
  ]
}
