/// What was changed in the definition waits for the guest's next start.
struct DomLiveDiffers: Rule {
  static let about = RuleInfo(
    id: "dom.live-differs",
    title: "A running guest has what its definition says",
    severity: Severities(.info),
    rationale:
      "A definition is read when the guest starts; until then the change is on paper only.",
    cost: "The guest has to be stopped and started.",
    notWhen: "Guests that don't run; transient guests; what libvirt fills in by itself.",
    sources: [.link("https://libvirt.org/html/libvirt-libvirt-domain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard domain.isRunning, let live = domain.live else { return .notApplicable("not running") }
      if let other = otherProcess(context, domain, live) { return other }
      guard !domain.isTransient else { return .notApplicable("transient") }
      let wanted = fingerprint(domain.definition)
      let actual = fingerprint(live)
      let explicit = explicitOnly(domain.definition)
      let running = explicitOnly(live)
      var evidence: [Evidence] = []
      for key in Set(wanted.keys).union(actual.keys).sorted() where wanted[key] != actual[key] {
        evidence.append(Evidence(key, observed: actual[key], expected: wanted[key]))
      }
      for key in explicit.keys.sorted() where explicit[key] != running[key] {
        evidence.append(Evidence(key, observed: running[key], expected: explicit[key]))
      }
      guard let first = evidence.first else {
        return .satisfied([Evidence("domain", observed: "as defined")])
      }
      return .violated(
        Violation(
          "\(domain.key) still runs with the old \(first.source)"
            + (evidence.count > 1 ? " and \(evidence.count - 1) more" : ""),
          evidence: evidence, remedy: Remedy(.nextGuestStart, "stop the guest and start it again")))
    }
  }

  /// A process that runs with other arguments than its definition makes: somebody started it by
  /// other means, or handed QEMU arguments past libvirt.
  private static func otherProcess(
    _ context: Context, _ domain: Domain, _ live: DomainDefinition
  ) -> Verdict? {
    guard let process = context.facts.process(of: domain), let words = process.arguments.value
    else { return nil }
    let found = QEMUArguments(words).differences(from: live)
    guard let first = found.first else { return nil }
    return .violated(
      Violation(
        "\(domain.key) runs with \(first.0) \(first.1.printable); its definition makes it "
          + first.2.printable,
        evidence: found.map {
          Evidence("\(process.arguments.source) \($0.0)", observed: $0.1, expected: $0.2)
        },
        remedy: .advice("stop the guest and start it by libvirt")))
  }

  /// Values that libvirt doesn't fill in: absent is a value.
  private static func fingerprint(_ definition: DomainDefinition) -> [String: String] {
    var result: [String: String] = [:]
    func set(_ key: String, _ value: String?) { if let value { result[key] = value } }
    let tune = definition.cputune
    set("vcpu", "\(definition.vcpus)")
    set("memory", definition.memory.totalKiB.map { "\($0) KiB" })
    set("iothreads", tune.iothreads.isEmpty ? nil : "\(tune.iothreads.count)")
    for pin in tune.vcpuPins { set("cputune/vcpupin[@vcpu='\(pin.id)']", pin.cpus.description) }
    for pin in tune.iothreadPins {
      set("cputune/iothreadpin[@iothread='\(pin.id)']", pin.cpus.description)
    }
    set("vcpu/@cpuset", tune.cpuset?.description)
    set("cputune/emulatorpin", tune.emulatorPin?.cpus.description)
    set("numatune/memory/@nodeset", definition.memory.binding?.nodes?.description)
    set("numatune/memory/@mode", definition.memory.binding?.mode)
    for node in definition.memory.memNodes {
      set(
        "numatune/memnode[@cellid='\(node.cell)']",
        "\(node.mode) \(node.nodes?.description ?? "")")
    }
    set("cputune/quota", tune.quota.map { "\($0)" })
    set("cputune/global_quota", tune.globalQuota.map { "\($0)" })
    set("memoryBacking/hugepages", definition.wantsHugePages ? "there" : nil)
    set("memoryBacking/locked", definition.memory.isLocked ? "there" : nil)
    set("memoryBacking/access/@mode", definition.memory.access)
    set("cpu/topology", definition.cpu?.topology.map { "\($0.sockets)×\($0.cores)×\($0.threads)" })
    set("cpu/numa", definition.cpu.flatMap { $0.cells.isEmpty ? nil : "\($0.cells.count) cells" })
    for disk in definition.devices.disks where disk.isDisk {
      let place = "devices/disk[target/@dev='\(disk.target ?? "")']"
      set(place + "/driver/@cache", disk.cache)
      set(place + "/driver/@io", disk.io)
      set(place + "/driver/@iothread", disk.iothread.map { "\($0)" })
      set(place + "/driver/@queues", disk.queues.map { "\($0)" })
      set(place + "/driver/@discard", disk.discard)
      set(place + "/target/@bus", disk.bus)
    }
    for nic in definition.devices.interfaces {
      guard let mac = nic.mac else { continue }
      let place = "devices/interface[mac/@address='\(mac)']"
      set(place + "/model/@type", nic.model)
      set(place + "/driver/@queues", nic.queues.map { "\($0)" })
      set(place + "/driver/@rx_queue_size", nic.rxQueueSize.map { "\($0)" })
    }
    return result
  }

  /// Values that libvirt fills in or expands: they differ only where the definition states one.
  private static func explicitOnly(_ definition: DomainDefinition) -> [String: String] {
    var result: [String: String] = [:]
    if let version = definition.machineVersion { result["os/type/@machine"] = "\(version)" }
    if let mode = definition.cpu?.mode, mode == "host-passthrough" { result["cpu/@mode"] = mode }
    for (name, isOn) in definition.features.enlightenments {
      result["features/hyperv/\(name)"] = isOn ? "on" : "off"
    }
    for (name, isOn) in definition.features.kvm {
      result["features/kvm/\(name)"] = isOn ? "on" : "off"
    }
    if let balloon = definition.devices.balloon { result["devices/memballoon"] = balloon.model }
    return result
  }

  private static func guest(_ driver: String, vcpus: Int = 2) -> String {
    DomainXML.example(
      vcpus: vcpus,
      devices: "<disk><driver \(driver)/><source file='/a'/><target dev='vda'/></disk>")
  }

  private static func process(_ smp: String, _ accelerator: String) -> Snapshot {
    let words = [
      "/usr/bin/qemu-system-x86_64", "-name", "guest=web1,debug-threads=on", "-machine",
      "pc-q35-7.2,usb=off", "-accel", accelerator, "-m", "size=4194304k", "-smp", smp,
    ]
    return Snapshot.exampleHost().with(running: guest("cache='none'"), pid: 4242)
      .with("/proc/4242/cmdline", words.joined(separator: "\0") + "\0")
  }

  static let examples: [Example] = [
    Example("the same", Snapshot().with(running: guest("cache='none'")), .satisfied),
    Example("not running", .example(domains: guest("")), .notApplicable),
    Example(
      "libvirt expands host-model",
      Snapshot().with(
        running: DomainXML.example(extra: "<cpu mode='host-model'/>"),
        live: DomainXML.example(extra: "<cpu mode='custom'><model>EPYC</model></cpu>")), .satisfied),
    Example("QEMU runs as defined", process("2", "kvm"), .satisfied),
    Example("a definition of KVM that is emulated", process("2", "tcg"), .violated(.info)),
    Example("fewer vCPUs than defined", process("1,sockets=1", "kvm"), .violated(.info)),
    Example(
      "a cache mode waits",
      Snapshot().with(running: guest("cache='none'"), live: guest("cache='writeback'")),
      .violated(.info)),
    Example(
      "transient: nothing else is defined",
      Snapshot().with(
        domain: DomainSource(
          origin: "/a.xml", persistent: nil, live: Known(guest("cache='none'"), from: "/a.xml"),
          state: .running)),
      .notApplicable),
  ]
}
