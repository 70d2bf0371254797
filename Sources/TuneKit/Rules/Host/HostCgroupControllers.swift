/// libvirt limits and places guests through control groups.
struct HostCgroupControllers: Rule {
  static let about = RuleInfo(
    id: "host.cgroup-controllers", title: "The control groups libvirt needs are there",
    severity: Severities(.warning),
    rationale: "Without cpu, cpuset, memory or io libvirt can neither limit nor place guests.",
    cost: "A boot.",
    notWhen: "Names of version 1 (cpuacct, devices) don't exist in version 2.",
    sources: [
      .text("virt-host-validate"), .link("https://gitlab.com/libvirt/libvirt/-/issues/94"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context.facts.snapshot) }
  }

  private static func verdict(_ snapshot: Snapshot) -> Verdict {
    let unified = snapshot.text("/sys/fs/cgroup/cgroup.controllers")
    let (wanted, found, source): ([String], Set<String>, String)
    if let text = unified.value, !text.isEmpty {
      (wanted, found, source) = (
        ["cpu", "cpuset", "memory", "io"], Set(text.words.map(String.init)), unified.source
      )
    } else if let text = snapshot.raw("/proc/cgroups").value, unified.value == nil,
      snapshot.files[unified.source] == nil
    {
      let rows = text.lines.map(\.words).filter { $0.count >= 4 && $0[3] == "1" }
      (wanted, found, source) = (
        ["cpu", "cpuset", "memory", "blkio"], Set(rows.map { String($0[0]) }), "/proc/cgroups"
      )
    } else {
      return .missing(unified)
    }
    let lacking = wanted.filter { !found.contains($0) }
    guard lacking.count < wanted.count else {
      return .unknown("\(source): names none of the controllers a kernel has")
    }
    let evidence = Evidence(
      source, observed: found.sorted().joined(separator: " ").printable,
      expected: wanted.joined(separator: " "))
    guard !lacking.isEmpty else { return .satisfied([evidence]) }
    return .violated(
      Violation(
        "the control group controllers \(lacking.joined(separator: ", ")) are missing",
        evidence: [evidence],
        remedy: Remedy(
          .nextHostBoot,
          "boot with cgroup_enable=\(lacking.joined(separator: ",")), or without "
            + "cgroup_disable=")))
  }

  private static let v1 = """
    #subsys_name\thierarchy\tnum_cgroups\tenabled
    cpuset\t5\t9\t1
    cpu\t3\t90\t1
    blkio\t7\t90\t1
    memory\t9\t200\t
    """

  static let examples = [
    Example("all of version 2", .exampleHost(), .satisfied),
    Example(
      "all of version 1",
      .exampleHost().without("/sys/fs/cgroup/cgroup.controllers").with("/proc/cgroups", v1 + "1\n"),
      .satisfied),
    Example(
      "memory is switched off",
      .exampleHost().without("/sys/fs/cgroup/cgroup.controllers").with("/proc/cgroups", v1 + "0\n"),
      .violated(.warning)),
    Example(
      "io is missing",
      .exampleHost().with("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory\n"),
      .violated(.warning)),
    Example(
      "nothing a kernel would say",
      .exampleHost().with("/sys/fs/cgroup/cgroup.controllers", "garbage\n"), .unknown),
    Example(
      "unreadable", .exampleHost().withUnreadable("/sys/fs/cgroup/cgroup.controllers"), .unknown),
  ]
}
