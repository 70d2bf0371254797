/// Disks of a host that is itself a guest.
struct IOSchedulerVirtio: Rule {
  static let about = RuleInfo(
    id: "io.scheduler-virtio", title: "A nested host leaves scheduling to the outer one",
    severity: Severities(.info),
    rationale: "The outer host orders requests again; a scheduler in the guest adds nothing.",
    cost: "None worth naming.",
    notWhen: "The host is no guest; mq-deadline is the kernel's default for one queue, so this is "
      + "never more than info.",
    sources: [.link("https://docs.kernel.org/block/switching-sched.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    guard context.facts.hostIsGuest else {
      return context.onHost { .notApplicable("the host is no guest") }
    }
    return SchedulerJudge.evaluate(
      context, [.virtio], "the outer host schedules", #"KERNEL=="vd[a-z]*""#
    ) { _, current, wanted in current == wanted ? .right : .wrong(nil) }
  }

  private static func host(_ scheduler: String) -> Snapshot {
    Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1)
      .with("/proc/cpuinfo", "processor : 0\nflags : fpu hypervisor\n")
      .with("/sys/block/vda/queue/scheduler", scheduler + "\n")
  }

  static let examples = [
    Example("none", host("[none] mq-deadline"), .satisfied),
    Example(
      "the host is no guest",
      .exampleHost().with("/sys/block/vda/queue/scheduler", "none [mq-deadline]\n"),
      .notApplicable),
    Example("the kernel's default", host("none [mq-deadline]"), .violated(.info)),
  ]
}
