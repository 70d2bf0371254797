/// Without an IOThread, requests are handled in the main loop, under QEMU's big lock.
struct DiskIOThread: Rule {
  static let about = RuleInfo(
    id: "disk.iothread",
    title: "A busy disk has an IOThread of its own",
    severity: Severities(.info, [.db: .warning, .latency: .warning, .throughput: .warning]),
    rationale: "The main loop serves all devices, timers and the monitor one after the other; an "
      + "IOThread serves one disk and can be pinned.",
    cost: "A thread a disk, which needs CPU time beside the vCPUs.",
    notWhen: "Fewer than four vCPUs; SATA, IDE and USB (not possible); read-only disks.",
    sources: [.link("https://libvirt.org/formatdomain.html"), .article("§6.4")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.facts.domains.flatMap { domain in
      let plan = IOThreadPlan(domain.definition)
      let isDB = context.family(of: domain) == .db
      return plan.users.map { user in
        Judgement(user.subject, judge(domain, user, plan, isDB: isDB))
      }
        + domain.definition.devices.disks.filter { $0.isDisk && !plan.covers($0) }.map {
          Judgement(
            Subject(.domainDisk, $0.subjectName),
            .notApplicable("bus '\($0.bus ?? "?")' cannot use an IOThread of its own"))
        }
    }
  }

  private static func judge(
    _ domain: Domain, _ user: IOThreadPlan.User, _ plan: IOThreadPlan, isDB: Bool
  ) -> Verdict {
    let definition = domain.definition
    if let wrong = user.threads.first(where: { !plan.threads.contains($0) }) {
      return violation(
        domain, user, plan, .critical,
        "\(user.subject.name) names IOThread \(wrong), but there are "
          + "\(plan.threads.isEmpty ? "none" : "only \(plan.threads.map(String.init).joined(separator: ", "))")"
          + ": the guest will not start")
    }
    guard user.isBusy else { return .notApplicable("read-only") }
    let evidence = [user.node.evidence("driver/@iothread", user.text, "an IOThread of its own")]
    if user.threads.isEmpty {
      guard definition.vcpus >= 4 else { return .notApplicable("fewer than four vCPUs") }
      return violation(
        domain, user, plan, nil,
        "\(user.subject.name) is served by the main loop; an IOThread would serve it alone")
    }
    if isDB, user.threads.count == 1, plan.isShared(user) {
      return violation(
        domain, user, plan, nil, "\(user.subject.name) shares its IOThread with another busy disk")
    }
    return .satisfied(evidence)
  }

  private static func violation(
    _ domain: Domain, _ user: IOThreadPlan.User, _ plan: IOThreadPlan, _ severity: Severity?,
    _ message: String
  ) -> Verdict {
    let id = plan.assignment[user.subject] ?? 1
    var edits: [XMLEdit] = []
    if plan.wantedCount > plan.threads.count {
      edits.append(.setText("iothreads", "\(plan.wantedCount)"))
    }
    edits += user.edits(iothread: id)
    return .violated(
      Violation(
        message, severity: severity,
        evidence: [user.node.evidence("driver/@iothread", user.text, "\(id)")],
        remedy: .edit(domain, "give it IOThread \(id)", edits)))
  }

  private static func guest(
    _ attributes: String, vcpus: Int = 4, threads: Int? = 1, bus: String = "virtio",
    more: String = ""
  ) -> Snapshot {
    .example(
      domains: DomainXML.example(
        vcpus: vcpus, extra: threads.map { "<iothreads>\($0)</iothreads>" } ?? "",
        devices: "<disk type='file'><driver name='qemu'\(attributes)/><source file='/a'/>"
          + "<target dev='vda' bus='\(bus)'/>\(more)</disk>"))
  }
  private static let second =
    "</disk><disk type='file'><driver name='qemu' iothread='1'/><source file='/b'/>"
    + "<target dev='vdb' bus='virtio'/>"

  static let examples: [Example] = [
    Example("an IOThread of its own", guest(" iothread='1'"), .satisfied),
    Example("three vCPUs", guest("", vcpus: 3, threads: nil), .notApplicable),
    Example("SATA can't", guest("", threads: nil, bus: "sata"), .notApplicable),
    Example("a read-only disk", guest("", threads: nil, more: "<readonly/>"), .notApplicable),
    Example(
      "two disks share one on a mixed host", guest(" iothread='1'", more: second), .satisfied),
    Example("no IOThread", guest("", threads: nil), under: .db, .violated(.warning)),
    Example(
      "two busy disks of a database share one", guest(" iothread='1'", more: second), under: .db,
      .violated(.warning)),
    Example("an IOThread that isn't there", guest(" iothread='3'"), .violated(.critical)),
  ]
}

/// Which disks and SCSI controllers of a guest want which IOThread.
struct IOThreadPlan {
  /// A virtio disk or a virtio-scsi controller.
  struct User {
    let subject: Subject
    let node: XMLNode
    let threads: [Int]
    let isBusy: Bool
    let hasDriver: Bool

    var text: String? {
      threads.isEmpty ? nil : threads.map(String.init).joined(separator: ",")
    }

    func edits(iothread id: Int) -> [XMLEdit] {
      let driver = node.path.child("driver")
      var edits: [XMLEdit] = [.remove(driver.child("iothreads"))]
      if !hasDriver, subject.kind == .domainDisk {
        edits.append(.setAttribute(driver, name: "name", value: "qemu"))
      }
      return edits + [.setAttribute(driver, name: "iothread", value: "\(id)")]
    }
  }

  /// IOThreads that are declared.
  let threads: [Int]
  let users: [User]
  /// The IOThread each user that needs one gets.
  let assignment: [Subject: Int]
  /// How many IOThreads there must be for that.
  let wantedCount: Int

  private let disks: Set<String>
  private let counts: [Int: Int]

  init(_ definition: DomainDefinition) {
    let devices = definition.devices
    var users: [User] = []
    var disks = Set<String>()
    for disk in devices.disks where disk.isDisk && disk.bus == "virtio" {
      disks.insert(disk.subjectName)
      users.append(
        User(
          subject: Subject(.domainDisk, disk.subjectName), node: disk.node,
          threads: disk.iothread.map { [$0] } ?? disk.iothreads, isBusy: !disk.isReadOnly,
          hasDriver: disk.driver != nil))
    }
    for controller in devices.controllers where controller.isVirtioSCSI {
      let served = devices.disks.filter {
        $0.isDisk && $0.bus == "scsi" && ($0.controllerIndex ?? 0) == (controller.index ?? 0)
      }
      disks.formUnion(served.map(\.subjectName))
      guard !served.isEmpty else { continue }
      users.append(
        User(
          subject: Subject(.domainDevice, controller.subjectName), node: controller.node,
          threads: controller.iothread.map { [$0] } ?? controller.iothreads,
          isBusy: served.contains { !$0.isReadOnly },
          hasDriver: controller.node.first("driver") != nil))
    }
    let threads = definition.cputune.iothreads
    let busy = users.filter(\.isBusy)
    var counts: [Int: Int] = [:]
    for user in busy { for thread in user.threads { counts[thread, default: 0] += 1 } }

    // Idle IOThreads first, then new ones; the first user of a shared one keeps it.
    var taken = Set<Int>()
    var needy: [User] = []
    for user in users {
      if let own = user.threads.first(where: { threads.contains($0) }), taken.insert(own).inserted {
        continue
      }
      if user.isBusy || !user.threads.isEmpty { needy.append(user) }
    }
    var free = threads.filter { !taken.contains($0) }
    var next = 1
    var all = Set(threads)
    var assignment: [Subject: Int] = [:]
    for user in needy {
      if free.isEmpty {
        while all.contains(next) { next += 1 }
        all.insert(next)
        free.append(next)
      }
      assignment[user.subject] = free.removeFirst()
    }
    self.threads = threads
    self.users = users
    self.assignment = assignment
    wantedCount = all.count
    self.disks = disks
    self.counts = counts
  }

  func covers(_ disk: DomainDisk) -> Bool { disks.contains(disk.subjectName) }

  /// Whether a user has to give its IOThread up: it came later than another that has it.
  func isShared(_ user: User) -> Bool {
    user.threads.contains { counts[$0] ?? 0 > 1 } && assignment[user.subject] != nil
  }
}
