// What the scheduler rules share: names across kernels, who schedules, the change.

enum SchedulerJudge {
  /// How bad a scheduler is on a device.
  enum Grade {
    /// Fine.
    case right
    /// Wrong, with this severity in place of the rule's.
    case wrong(Severity?)
  }

  /// Names of old kernels by those of today.
  static func canonical(_ name: String) -> String {
    switch name {
    case "deadline": "mq-deadline"
    case "noop": "none"
    case "cfq": "bfq"
    default: name
    }
  }

  /// One verdict for each device of a kind.
  static func evaluate(
    _ context: Context, _ kinds: Set<BlockDevice.Kind>, _ because: String, _ udevMatch: String,
    _ grade: (BlockDevice, _ current: String, _ wanted: String) -> Grade
  ) -> [Judgement] {
    if let none = context.withoutHost { return none }
    guard let devices = context.facts.blockDevices.value else {
      return context.onHost { .missing(context.facts.blockDevices) }
    }
    let own = devices.filter { kinds.contains($0.kind) && !$0.isHiddenPath }
    guard !own.isEmpty else { return context.onHost { .notApplicable("no such device here") } }
    return own.map { device in
      Judgement(device.subject, verdict(device, context, because, udevMatch, grade))
    }
  }

  private static func verdict(
    _ device: BlockDevice, _ context: Context, _ because: String, _ udevMatch: String,
    _ grade: (BlockDevice, String, String) -> Grade
  ) -> Verdict {
    if device.kind == .other { return .missing(device.isRotational) }
    if device.kind == .virtual || (context.facts.hostIsGuest && device.kind != .virtio) {
      return .notApplicable("a virtual disk: the outer host schedules")
    }
    let properties = ["kind": device.kind.rawValue, "name": device.name]
    let assigned = context.profile.setting("block.scheduler", for: properties)?.text
    guard let wanted = assigned ?? (device.kind == .virtio ? "none" : nil) else {
      return .notApplicable("the profile leaves this device alone")
    }
    let path = device.queuePath("scheduler")
    guard context.facts.snapshot.files[path] != nil else {
      return .notApplicable("the device has no scheduler")
    }
    guard let current = device.scheduler.value, let offered = device.availableSchedulers.value
    else { return .missing(device.scheduler) }
    guard offered != ["none"] else { return .notApplicable("the device offers no other") }
    let evidence = Evidence(path, observed: current.printable, expected: wanted)
    guard case .wrong(let severity) = grade(device, canonical(current), canonical(wanted)) else {
      return .satisfied([evidence])
    }
    let written = offered.first { canonical($0) == canonical(wanted) }
    let summary = "\(device.name.printable) uses \(current.printable); \(because)"
    guard let written else {
      return .violated(
        Violation(
          summary, severity: severity, evidence: [evidence],
          remedy: .advice("load the module of \(wanted); the kernel doesn't offer it now")))
    }
    let rule = #"ACTION=="add|change", \#(udevMatch), ATTR{queue/scheduler}="\#(written)""#
    return .violated(
      Violation(
        summary, severity: severity, evidence: [evidence],
        remedy: Remedy(
          .live, "write \(written) to \(path)", persistence: "udev rule",
          changes: [.knob(path: path, value: written), .persist(.udev(rule: rule))])))
  }

  /// Examples: the NVMe disk, the SSD and the hard disk of the example host.
  static func host(_ device: String, _ scheduler: String) -> Snapshot {
    Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1)
      .with("/sys/block/\(device)/queue/scheduler", scheduler + "\n")
  }

  /// The same behind another controller's driver.
  static func host(_ device: String, _ scheduler: String, driver: String) -> Snapshot {
    host(device, scheduler)
      .withLink("/sys/bus/pci/devices/0000:00:17.0/driver", "/sys/bus/pci/drivers/\(driver)")
  }
}
