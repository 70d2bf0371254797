// The order in which libvirt writes the elements of a definition (src/conf/domain_conf.c).

/// Where elements stand among their siblings.
enum DomainXMLOrder {
  /// A place among siblings: the element's kind, then its number where such elements are counted.
  struct Rank: Comparable {
    let kind: Int
    let number: Int

    static func < (left: Rank, right: Rank) -> Bool {
      (left.kind, left.number) < (right.kind, right.number)
    }
  }

  static func rank(of node: XMLNode, below parent: String) -> Rank {
    Rank(kind: kind(node.name, parent), number: number(node.name) { node[$0] })
  }

  /// The rank of a new element. One without a number goes behind all of its kind.
  static func rank(of step: XMLPath.Step, below parent: String) -> Rank {
    let value = number(step.name) { name in step.attributes.first { $0.name == name }?.value }
    return Rank(kind: kind(step.name, parent), number: counted[step.name] == nil ? Int.max : value)
  }

  private static func number(_ name: String, _ attribute: (String) -> String?) -> Int {
    counted[name].flatMap(attribute).flatMap { Int($0) } ?? 0
  }

  /// What libvirt does not know stands last.
  private static func kind(_ name: String, _ parent: String) -> Int {
    orders[parent]?.firstIndex(of: name) ?? Int.max
  }

  /// Elements that are sorted by a number.
  private static let counted = [
    "vcpupin": "vcpu", "iothreadpin": "iothread", "memnode": "cellid", "cell": "id",
  ]

  private static let orders: [String: [String]] = [
    "domain": [
      "name", "uuid", "genid", "title", "description", "metadata", "maxMemory", "memory",
      "currentMemory", "blkiotune", "memtune", "memoryBacking", "vcpu", "vcpus", "iothreads",
      "iothreadids", "defaultiothread", "cputune", "numatune", "resource", "sysinfo",
      "bootloader", "bootloader_args", "os", "idmap", "features", "cpu", "clock", "on_poweroff",
      "on_reboot", "on_crash", "on_lockfailure", "pm", "perf", "devices", "seclabel", "keywrap",
      "launchSecurity",
    ],
    "memtune": ["hard_limit", "soft_limit", "min_guarantee", "swap_hard_limit"],
    "memoryBacking": [
      "hugepages", "nosharepages", "locked", "source", "access", "allocation", "discard",
    ],
    "cputune": [
      "shares", "period", "quota", "global_period", "global_quota", "emulator_period",
      "emulator_quota", "iothread_period", "iothread_quota", "vcpupin", "emulatorpin",
      "iothreadpin", "emulatorsched", "vcpusched", "iothreadsched", "cachetune", "memorytune",
    ],
    "numatune": ["memory", "memnode"],
    "features": [
      "acpi", "apic", "pae", "hap", "viridian", "privnet", "hyperv", "kvm", "pvspinlock",
      "capabilities", "pmu", "vmport", "gic", "smm", "ioapic", "hpt", "htm", "nested-hv", "msrs",
      "ccf-assist", "xen", "cfpc", "sbbc", "ibs", "tcg", "async-teardown",
    ],
    "hyperv": [
      "relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "reset",
      "vendor_id", "frequencies", "reenlightenment", "tlbflush", "ipi", "evmcs", "avic",
      "emsr_bitmap", "xmm_input",
    ],
    "kvm": ["hidden", "hint-dedicated", "poll-control", "pv-ipi", "dirty-ring"],
    "cpu": ["model", "vendor", "topology", "cache", "maxphysaddr", "feature", "numa"],
    "devices": [
      "emulator", "disk", "controller", "lease", "filesystem", "interface", "smartcard", "serial",
      "parallel", "console", "channel", "input", "tpm", "graphics", "sound", "audio", "video",
      "hostdev", "redirdev", "redirfilter", "hub", "watchdog", "memballoon", "rng", "nvram",
      "panic", "shmem", "memory", "iommu", "vsock", "crypto",
    ],
    "disk": [
      "driver", "auth", "source", "backingStore", "backenddomain", "geometry", "blockio",
      "mirror", "target", "iotune", "readonly", "shareable", "transient", "serial", "wwn",
      "vendor", "product", "encryption", "boot", "acpi", "alias", "address",
    ],
    "driver": ["iothreads", "metadata_cache"],
    "controller": ["driver", "model", "target", "master", "alias", "address"],
    "interface": [
      "mac", "source", "vlan", "virtualport", "bandwidth", "ip", "route", "script", "downscript",
      "backenddomain", "target", "guest", "model", "driver", "teaming", "backend", "filterref",
      "boot", "tune", "link", "mtu", "coalesce", "acpi", "alias", "address",
    ],
    "memballoon": ["stats", "alias", "address", "driver"],
    "channel": ["source", "target", "alias", "address"],
  ]
}
