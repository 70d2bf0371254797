/// Slices of a GPU that nobody uses.
struct GPUMIGShape: Rule {
  static let about = RuleInfo(
    id: "gpu.mig-shape", title: "A GPU in slices has its slices in use",
    severity: Severities(.warning),
    rationale:
      "A card split by MIG can't be used whole; half of it unallocated is half a card lost. What "
      + "the card doesn't offer is never made: 1g.5gb is a shape of 40 GB, 1g.10gb one of 80.",
    cost: "Changing the mode needs root and an idle card.",
    notWhen: "No NVIDIA card that the host drives; cards without MIG, or with MIG off.",
    sources: [
      .article("§9"), .link("https://docs.nvidia.com/datacenter/tesla/mig-user-guide/"),
      .link("https://github.com/NVIDIA/mig-parted"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      guard let devices = context.facts.pciDevices.value else {
        return .unknown(context.facts.pciDevices.unknownReason)
      }
      let cards = devices.filter { $0.isGPU && $0.vendor == "10de" && $0.driver == "nvidia" }
      guard !cards.isEmpty else { return .notApplicable("the host drives no NVIDIA GPU") }
      return GPUSlices.all(context.facts.snapshot).orUnknown { known in
        var sum = Sum()
        for (index, card) in cards.enumerated() {
          judge(card, index, known[card.address], context.facts, &sum)
        }
        return sum.verdict
      }
    }
  }

  /// What all cards come to.
  private struct Sum {
    var evidence: [Evidence] = []
    var faults: [String] = []
    var missing: String?

    var verdict: Verdict {
      if !faults.isEmpty {
        return .violated(
          Violation(
            faults.joined(separator: "; "), evidence: evidence,
            remedy: .advice(
              "make instances of the shapes that 'nvidia-smi mig -lgip' lists (-cgi), or leave MIG "
                + "mode: as root, on an idle card")))
      }
      if let missing { return .unknown(missing) }
      return evidence.isEmpty ? .notApplicable("no card is in MIG mode") : .satisfied(evidence)
    }
  }

  private static func judge(
    _ card: PCIDevice, _ index: Int, _ slices: GPUSlices?, _ facts: Facts, _ sum: inout Sum
  ) {
    guard let slices else {
      sum.missing = sum.missing ?? "\(GPUSlices.path): says nothing of \(card.address)"
      return
    }
    guard let mode = slices.isEnabled.value else { return partial(slices, &sum) }
    // A card that can't be cut.
    guard let isEnabled = mode else { return }
    let name = "\(card.address) (\(slices.name?.printable ?? "GPU"))"
    if let request = MIGRequest.of(card, index, facts) { judge(request, slices, name, &sum) }
    guard isEnabled else { return }
    guests(card, slices, name, facts, &sum)
    guard let whole = slices.slices else {
      sum.missing = sum.missing ?? "\(GPUSlices.path): \(card.address) offers no instances"
      return
    }
    guard let used = slices.slicesInUse.value else {
      // Each instance that is there has a slice at least.
      if let count = slices.instanceCount, count * 2 > whole {
        sum.evidence.append(evidence(slices, "\(count) instances", whole))
      } else {
        sum.missing = sum.missing ?? slices.slicesInUse.unknownReason
      }
      return
    }
    sum.evidence.append(evidence(slices, "\(used) of \(whole) slices in use", whole))
    if used * 2 <= whole {
      sum.faults.append("\(name) is cut into slices and uses \(used) of \(whole)")
    }
  }

  private static func evidence(_ slices: GPUSlices, _ observed: String, _ whole: Int) -> Evidence {
    Evidence(
      "\(GPUSlices.path) \(slices.address.printable)", observed: observed,
      expected: "more than half of \(whole) slices")
  }

  /// NVML didn't answer: that more instances are there than half the slices of any card is enough.
  private static func partial(_ slices: GPUSlices, _ sum: inout Sum) {
    guard let count = slices.instanceCount, count * 2 > GPUSlices.mostSlices else {
      let there = slices.instanceCount.map { "; it has \($0) instances" } ?? ""
      sum.missing = sum.missing ?? slices.isEnabled.unknownReason + there
      return
    }
    sum.evidence.append(evidence(slices, "\(count) instances", GPUSlices.mostSlices))
  }

  /// More shares of it than it can be cut into.
  private static func guests(
    _ card: PCIDevice, _ slices: GPUSlices, _ name: String, _ facts: Facts, _ sum: inout Sum
  ) {
    let shares = Set(
      facts.domains.flatMap { $0.current.devices.hostDevices.compactMap(\.mdevUUID) }
    ).filter { uuid in
      guard let parent = facts.cardOfMediatedDevice(uuid) else { return false }
      // A virtual function stands for a share of its card.
      return parent == card.address
        || facts.pciDevices.value?.first { $0.address == parent }?.physicalFunction == card.address
    }
    let most = slices.maxInstances.flatMap { $0 > 0 ? $0 : nil } ?? 7
    guard shares.count > most else { return }
    sum.evidence.append(
      Evidence("/sys/bus/mdev/devices", observed: "\(shares.count)", expected: "at most \(most)"))
    sum.faults.append("guests want \(shares.count) shares of \(name), which gives \(most)")
  }

  /// What mig-manager is told, against what the card offers.
  private static func judge(
    _ request: MIGRequest, _ slices: GPUSlices, _ name: String, _ sum: inout Sum
  ) {
    let place = "\(MIGRequest.path) \(request.name.printable)"
    let most = slices.maxInstances.flatMap { $0 > 0 ? $0 : nil } ?? 7
    if request.instances > most {
      sum.evidence.append(
        Evidence(place, observed: "\(request.instances) instances", expected: "at most \(most)"))
      sum.faults.append("mig-manager wants \(request.instances) instances of \(name)")
    }
    let offers = Dictionary(
      slices.profiles.compactMap { profile in slices.shape(of: profile).map { ($0, profile.fits) }
      },
      uniquingKeysWith: max)
    guard !offers.isEmpty else { return }
    for part in request.parts {
      let fits = offers[part.shape] ?? 0
      let list = offers.keys.sorted().joined(separator: ", ")
      sum.evidence.append(
        Evidence(
          place, observed: "\(part.shape.printable) x \(part.count)",
          expected: fits > 0 ? "at most \(fits)" : "one of \(list)"))
      guard part.count > fits else { continue }
      sum.faults.append(
        fits > 0
          ? "mig-manager wants \(part.count) of \(part.shape.printable) on \(name), \(fits) fit"
          : "\(name) offers no \(part.shape.printable), which mig-manager wants")
    }
  }
}

extension MIGRequest {
  fileprivate static func of(_ card: PCIDevice, _ index: Int, _ facts: Facts) -> MIGRequest? {
    of(card, at: index, in: facts.snapshot)
  }
}

// MARK: - Examples

extension GPUMIGShape {
  static let examples = [
    Example("no such card", .exampleHost(), .notApplicable),
    Example("a card of a guest", GPUVFIOIOMMU.host(), .notApplicable),
    Example("MIG is off", host(mig: "false"), .notApplicable),
    Example("a card without MIG", host(mode: "null"), .notApplicable),
    Example("most slices in use", host(inUse: 4), .satisfied),
    Example(
      "not root, and the driver's files show five instances",
      host(inUse: nil, instanceCount: 5), .satisfied),
    Example(
      "a setting that fits", host(inUse: 4).wanting("\"1g.5gb\": 4"), .satisfied),
    Example("nobody asked", GPUVFIOIOMMU.host(driver: "nvidia"), .unknown),
    Example(
      "the library isn't there",
      host(mode: nil, instanceCount: 2), .unknown),
    Example(
      "not root", host(inUse: nil, instanceCount: 3), .unknown),
    Example("half of it lies idle", host(inUse: 3), .violated(.warning)),
    Example("nothing is made of it", host(inUse: 0), .violated(.warning)),
    Example(
      "a shape of a card of 80 GB", host(inUse: 4).wanting("\"1g.20gb\": 2"), .violated(.warning)),
    Example(
      "more than fit", host(inUse: 4).wanting("\"2g.10gb\": 4"), .violated(.warning)),
    Example(
      "eight instances", host(inUse: 7).wanting("\"1g.5gb\": 4\n        \"1g.5gb+me\": 4"),
      .violated(.warning)),
    Example(
      "more guests than instances",
      (0..<8).reduce(host(inUse: 7)) { host, number in
        let uuid = "c2177883-f1bb-47f0-914d-32a22e3a880\(number)"
        return host.withLink(
          "/sys/bus/mdev/devices/\(uuid)", "/sys/devices/pci0000:ae/0000:af:00.0/\(uuid)"
        ).withDomain(
          DomainXML.example(
            name: "g\(number)",
            devices: "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
              + "<address uuid='\(uuid)'/></source></hostdev>"))
      }, .violated(.warning)),
    Example(
      "devices were not read",
      Snapshot.exampleHost().without("/sys/bus/pci/devices").without("/sys/bus/pci"), .unknown),
  ]

  /// A host with an A100 of 40 GB.
  ///
  /// - Parameters:
  ///   - mig: whether MIG is on.
  ///   - mode: all that is known of its mode; nil where NVML isn't there.
  ///   - inUse: how many of its instances of one slice are made; nil for who may not ask.
  private static func host(
    mig: String = "true", mode: String? = "", inUse: Int? = 0, instanceCount: Int? = nil
  ) -> Snapshot {
    let there = inUse.map { #","instances":\#($0)"# } ?? ""
    let none = inUse.map { _ in #","instances":0"# } ?? ""
    let what =
      mode.map { text in
        let mode = text.isEmpty ? #"{"enabled":\#(mig),"pending":\#(mig),"maxInstances":7}"# : text
        return #""name":"NVIDIA A100-SXM4-40GB","memoryBytes":42505273344,"mig":\#(mode),"#
          + #""profiles":[{"id":19,"slices":1,"fits":7,"memoryMiB":4864\#(there)},"#
          + #"{"id":14,"slices":2,"fits":3,"memoryMiB":9856\#(none)},"#
          + #"{"id":0,"slices":7,"fits":1,"memoryMiB":40192\#(none)}]"#
      } ?? #""missing":"libnvidia-ml.so.1: cannot open shared object file""#
    let count = instanceCount.map { "\($0)" } ?? "null"
    return GPUVFIOIOMMU.host(driver: "nvidia").with(
      GPUSlices.path,
      #"{"driver":"550.54.15","gpus":[{"address":"0000:af:00.0",\#(what),"#
        + #""instanceCount":\#(count)}]}"#)
  }
}

extension Snapshot {
  /// This host with a setting of mig-manager.
  fileprivate func wanting(_ devices: String) -> Snapshot {
    with(
      "/etc/systemd/system/nvidia-mig-manager.service.d/override.conf",
      "[Service]\nEnvironment=\"MIG_PARTED_SELECTED_CONFIG=ours\"\n"
    ).with(
      MIGRequest.path,
      """
      version: v1
      mig-configs:
        all-disabled:
          - devices: all
            mig-enabled: false
        ours:
          - device-filter: ["0x1EB810DE"]
            devices: all
            mig-enabled: true
            mig-devices:
              \(devices)
          - devices: [1]
            mig-enabled: true
            mig-devices: {"9g.99gb": 99}

      """)
  }
}
