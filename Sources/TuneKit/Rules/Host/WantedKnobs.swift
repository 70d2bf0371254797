// Every knob of the host with its target under a profile, for rules that speak of many knobs.

extension Context {
  /// The knobs the host's profile gives a target: the setting table's, governors, schedulers.
  var wantedKnobs: [KnobItem] {
    var items: [KnobItem] = []
    for row in SettingTable.rows where row.about.severity[profile.family] != .off {
      if case .values(let values, _) = row.wish(self) { items += values }
    }
    if let balancing = wanted("kernel.numa_balancing")?.value.text,
      isFamily(.latency, .network, .hpc), facts.topology.fullNodes.count > 1
    {
      items.append(.sysctl("kernel.numa_balancing", .equal(balancing)))
    }
    if let governor = wanted("cpu.governor")?.value.text, !facts.hostIsGuest {
      items += (facts.frequency.policies.value ?? []).filter {
        $0.availableGovernors.value?.contains(governor) ?? true
      }.map { CPUGovernor.item($0, governor) }
    }
    for device in facts.blockDevices.value ?? [] where device.isLeafDisk && !facts.hostIsGuest {
      let properties = ["kind": device.kind.rawValue, "name": device.name]
      guard let wanted = profile.setting("block.scheduler", for: properties)?.text,
        device.availableSchedulers.value?.contains(wanted) == true
      else { continue }
      items.append(
        KnobItem(
          name: "scheduler of \(device.name)", path: device.queuePath("scheduler"),
          target: .equal(wanted), persistence: .udev(rule: Self.schedulerRule(device, wanted))))
    }
    return items
  }

  private static func schedulerRule(_ device: BlockDevice, _ wanted: String) -> String {
    let match =
      switch device.kind {
      case .nvme: #"KERNEL=="nvme[0-9]*n[0-9]*""#
      case .hdd: #"KERNEL=="sd[a-z]*", ATTR{queue/rotational}=="1""#
      default: #"KERNEL=="sd[a-z]*", ATTR{queue/rotational}=="0""#
      }
    return #"ACTION=="add|change", \#(match), ATTR{queue/scheduler}="\#(wanted)""#
  }
}
