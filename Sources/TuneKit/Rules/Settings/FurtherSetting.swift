// A profile's setting that no rule of the catalogue covers: a rule with the knob's name.

enum FurtherSetting {
  /// Rules for the settings of a profile that have none of their own.
  static func rules(of profile: EffectiveProfile) -> [RuleInstance] {
    var names: [String] = []
    for setting in profile.settings where !names.contains(setting.knob) {
      guard Knob.named(setting.knob)?.rule == nil, setting.knob != "block.scheduler" else {
        continue
      }
      names.append(setting.knob)
    }
    return names.map { rule($0) }
  }

  private static func rule(_ knob: String) -> RuleInstance {
    RuleInstance(
      about: RuleInfo(
        id: knob, title: "\(knob) has the value that the profile names",
        severity: Severities(.warning),
        rationale: "The profile asks for it.", cost: "That of the value.",
        notWhen: "The profile doesn't name it, or the knob is not there.",
        sources: [.text("the profile")])
    ) { evaluate(knob, $0) }
  }

  private static func evaluate(_ knob: String, _ context: Context) -> [Judgement] {
    let snapshot = context.facts.snapshot
    if let none = context.withoutHost { return none }
    if knob == "hugepages" { return hugePages(context) }
    if knob.hasPrefix("block.") { return blockDevices(knob, context) }
    guard let value = context.profile.setting(knob), let item = item(knob, value.text) else {
      return []
    }
    return context.onHost {
      KnobJudge.verdict([item], snapshot, wording(value.text))
    }
  }

  private static func wording(_ value: String) -> KnobJudge.Wording {
    KnobJudge.Wording(because: "the profile wants \(value)")
  }

  private static func item(_ knob: String, _ value: String) -> KnobItem? {
    if knob == "ksm.merge_across_nodes" {
      return .file(knob, "/sys/kernel/mm/ksm/merge_across_nodes", .equal(value))
    }
    let parts = knob.split(separator: ".").map(String.init)
    guard let root = parts.first else { return nil }
    if Knob.sysctlRoots.contains(root) { return .sysctl(knob, .equal(value)) }
    guard parts.count == 2, Knob.modules.contains(root) else { return nil }
    return .module(root, parts[1], .equal(value))
  }

  private static func blockDevices(_ knob: String, _ context: Context) -> [Judgement] {
    let attribute = "queue/" + knob.dropFirst(6)
    return LeafDisk.all(context.facts.snapshot).map { device in
      var properties = ["name": device.name]
      properties["kind"] = device.kind
      let subject = Subject(.blockDevice, device.name)
      guard let value = context.profile.setting(knob, for: properties)?.text else {
        return Judgement(subject, .notApplicable("the profile leaves this device alone"))
      }
      let item = KnobItem(
        name: "\(attribute) of \(device.name)", path: "/sys/block/\(device.name)/\(attribute)",
        target: .equal(value), persistence: .udev(rule: device.udevRule(attribute, value)))
      return Judgement(
        subject, KnobJudge.verdict([item], context.facts.snapshot, wording(value)))
    }
  }

  /// `hugepages[size=2MiB,node=0]: 512` wants at least so many pages in a node's pool, without
  /// `node` in every full node's. `auto` is left to the rules about huge pages.
  private static func hugePages(_ context: Context) -> [Judgement] {
    var result: [Judgement] = []
    for node in context.facts.topology.nodes where node.isFull {
      for setting in context.profile.settings(of: "hugepages") {
        guard case .integer(let count) = setting.value,
          setting.selector["node"].map({ $0 == "\(node.id)" }) ?? true
        else { continue }
        let size = setting.selector["size"].flatMap { ByteSize($0)?.kib } ?? 2048
        let path =
          "/sys/devices/system/node/node\(node.id)/hugepages/hugepages-\(size)kB/nr_hugepages"
        result.append(
          Judgement(
            Subject(.numaNode, "\(node.id)"), pool(path, node.id, size, count, context)))
      }
    }
    return result
  }

  private static func pool(
    _ path: String, _ node: Int, _ size: Int, _ count: Int, _ context: Context
  ) -> Verdict {
    let reading = context.facts.snapshot.integer(path)
    guard let total = reading.value else { return .unknown(reading.unknownReason) }
    let evidence = [Evidence(path, observed: "\(total)", expected: "at least \(count)")]
    guard total < count else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "node \(node) has \(total) huge pages of \(size) KiB; the profile wants \(count)",
        evidence: evidence,
        remedy: Remedy(
          .live, "reserve \(count) pages on node \(node)",
          risk: "the kernel may grant fewer where memory is fragmented",
          persistence: "tmpfiles.d",
          changes: [
            .hugePages(node: node, pageSizeKiB: size, count: count),
            .persist(.tmpfile(path: path, value: "\(count)")),
          ])))
  }
}
