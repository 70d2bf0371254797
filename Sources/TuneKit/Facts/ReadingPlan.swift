// Which files, directories and links the facts are made from. A probe reads these and no others.
//
// Pattern language, for whole path components and parts of them: `*` stands for any run of
// characters but `/`, `#` for a run of decimal digits. What a pattern finds is stored under the
// path as the pattern leads to it (`/sys/block/sda/queue/scheduler`), not under the place a link
// on the way points to. A name that isn't there needs no entry: facts say "no such file".
//
// A directory that is there and empty gets an empty list: only `/sys/kernel/iommu_groups` (no
// groups) and `cpufreq` (no frequency control) have a meaning then, everywhere else it is a
// missing fact (rules.md annex h 2).

/// Everything a probe has to read of a host. What profiles ask for beyond it (own checks, own
/// settings) is added by the caller.
public enum ReadingPlan {
  /// Files to read.
  public static let files: [String] =
    cpuFiles + nodeFiles + memoryFiles + blockFiles + networkFiles + pciFiles + kernelFiles
    + configurationFiles

  /// Groups of files of which the first that can be read is enough, for each match of the
  /// wildcards they share.
  public static let firstOf: [[String]] = [
    under("\(cpu)/cpu#/topology", ["thread_siblings_list", "core_cpus_list"])
      + under("\(cpu)/cpu#/topology", ["thread_siblings", "core_cpus"]),
    under("\(cpu)/cpu#/cache/index#", ["shared_cpu_list", "shared_cpu_map"]),
    under("\(node)/node#", ["cpulist", "cpumap"]),
    under("/sys/bus/pci/devices/*", ["local_cpulist", "local_cpus"]),
  ]

  /// Files to read only where nothing matches another pattern: kernels before 4.3 have no
  /// frequency policies of their own.
  public static let fallbacks: [(unless: String, files: [String])] = [
    (unless: "\(cpu)/cpufreq/policy#", files: under("\(cpu)/cpu#/cpufreq", policyFiles))
  ]

  /// Directories to list.
  public static let directories: [String] = [
    cpu, "\(cpu)/cpufreq", "\(cpu)/cpu#/cpufreq", "\(cpu)/cpu#/cpuidle", "\(cpu)/cpu#/cache",
    "\(cpu)/vulnerabilities", node, "\(node)/node#", "\(node)/node#/hugepages",
    "/sys/kernel/mm/hugepages", "/sys/kernel/iommu_groups", "/sys/kernel/iommu_groups/#/devices",
    "/sys/class/iommu", "/sys/block", "/sys/block/*", "/sys/block/*/slaves",
    "/sys/class/net", "/sys/class/net/*", "/sys/class/net/*/queues",
    "/sys/bus/pci/devices", "/sys/bus/mdev/devices", "/sys/devices/system/edac/mc", "/sys/module",
    "/sys/module/kvm", "/sys/module/kvm_intel", "/sys/module/kvm_amd", "/sys/fs/cgroup",
    "/sys/fs/cgroup/*", "/proc/irq", "/proc/irq/#", "/dev", "/dev/vfio", "/dev/mapper",
    "/etc/tuned", "/etc/sysctl.d", "/run/sysctl.d", "/usr/lib/sysctl.d",
    "/usr/local/lib/sysctl.d", "/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/lib/tmpfiles.d",
    "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/etc/modprobe.d",
    "/run/modprobe.d", "/usr/lib/modprobe.d", "/etc/modules-load.d", "/etc/libvirt",
    "/etc/libvirt/qemu", "/etc/libvirt/qemu/networks", "/etc/libvirt/storage",
    "/run/libvirt/qemu", "/run/libvirt/network", "/var/lib/libvirt/network",
    "/var/log/libvirt/qemu",
  ]

  /// Links to resolve, each to the host's canonical path of what it leads to.
  public static let links: [String] = [
    "/sys/block/*", "/sys/class/net/*", "/sys/class/net/*/device", "/sys/class/net/*/master",
    "/sys/class/net/*/device/driver", "/sys/class/net/*/device/physfn",
    "/sys/block/*/device/driver", "/sys/block/*/device/device/driver", "/sys/block/*/slaves/*",
    "/sys/bus/pci/devices/*", "/sys/bus/pci/devices/*/driver",
    "/sys/bus/pci/devices/*/iommu_group", "/sys/bus/pci/devices/*/physfn",
    "/sys/bus/pci/devices/*/virtfn#", "/sys/bus/mdev/devices/*", "/dev/mapper/*",
  ]

  /// Files to read for the process of each running domain; `PID` stands for its number.
  public static let processFiles: [String] =
    under(
      "/proc/PID", ["status", "numa_maps", "smaps", "cgroup", "comm", "cmdline", "attr/current"])
    + under("/proc/PID/task/#", ["comm", "status"])

  /// Directories to list for the process of each running domain.
  public static let processDirectories: [String] = ["/proc/PID/task"]

  /// What placing one guest takes: a small part, for those who have a second.
  public static let placementFiles: [String] =
    under(cpu, ["online", "possible", "present", "isolated"])
    + under("\(cpu)/cpu#", ["topology/physical_package_id", "cache/index#/level"])
    + under(node, ["online", "possible", "has_cpu", "has_memory"])
    + under(
      "\(node)/node#",
      [
        "meminfo", "distance", "hugepages/hugepages-*/nr_hugepages",
        "hugepages/hugepages-*/free_hugepages",
      ])
    + ["/sys/bus/pci/devices/*/class", "/sys/bus/pci/devices/*/numa_node"]
    + ["/proc/meminfo", "/proc/self/status", "/sys/fs/cgroup/cpuset.cpus.isolated"]

  /// Directories to list for it.
  public static let placementDirectories: [String] = [
    cpu, "\(cpu)/cpu#/cache", node, "\(node)/node#", "\(node)/node#/hugepages",
    "/sys/bus/pci/devices",
  ]

  /// Files of a guest's process for it. Not numa_maps: the kernel walks all of the guest's pages.
  public static let placementProcessFiles: [String] = under("/proc/PID/task/#", ["comm", "status"])

  /// Virtual files of a capture that a live probe makes as well (rules.md annex h 5).
  public static let virtualFiles: [String] = [
    "capabilities.xml", "kernel-log.txt", "units.json", "lvm.json", "zfs.json", "ethtool.json",
    "filesystems.json", "images.json", "ovs.json", "hwloc.xml", "domain-capabilities.xml",
    "versions.json", "gpu.json",
  ].map { "/tuned-vm/" + $0 }

  /// Files of which the end is enough (the last 64 KiB).
  public static let tails: [String] = ["/var/log/libvirt/qemu/*.log"]

  private static let cpu = "/sys/devices/system/cpu"
  private static let node = "/sys/devices/system/node"

  static func under(_ directory: String, _ names: [String]) -> [String] {
    names.map { directory + "/" + $0 }
  }

  private static let cpuFiles: [String] =
    under(
      cpu,
      [
        "online", "offline", "present", "possible", "isolated", "nohz_full", "smt/control",
        "smt/active", "vulnerabilities/*", "intel_pstate/status", "intel_pstate/no_turbo",
        "intel_pstate/min_perf_pct", "intel_pstate/max_perf_pct", "amd_pstate/status",
        "cpufreq/boost", "cpuidle/current_driver", "cpuidle/current_governor",
      ])
    + under("\(cpu)/cpufreq/policy#", policyFiles)
    + under("\(cpu)/cpu#/cpuidle/state#", ["name", "latency", "disable", "default_status"])
    + under(
      "\(cpu)/cpu#",
      [
        "online", "cpu_capacity", "topology/physical_package_id", "topology/die_id",
        "topology/core_id", "cache/index#/level", "cache/index#/size",
        "thermal_throttle/core_throttle_count", "thermal_throttle/package_throttle_count",
      ])
    + ["/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom/cpus"]

  private static let policyFiles = [
    "scaling_driver", "scaling_governor", "scaling_available_governors", "related_cpus",
    "affected_cpus", "energy_performance_preference",
    "energy_performance_available_preferences", "boost", "cpuinfo_max_freq", "base_frequency",
    "scaling_min_freq", "scaling_max_freq",
  ]

  private static let nodeFiles: [String] =
    under(node, ["online", "possible", "has_cpu", "has_memory", "has_normal_memory"])
    + under(
      "\(node)/node#",
      [
        "meminfo", "distance", "numastat", "hugepages/hugepages-*/nr_hugepages",
        "hugepages/hugepages-*/free_hugepages", "hugepages/hugepages-*/surplus_hugepages",
      ])

  private static let memoryFiles: [String] =
    under(
      "/sys/kernel/mm",
      [
        "transparent_hugepage/enabled", "transparent_hugepage/defrag",
        "transparent_hugepage/khugepaged/defrag", "ksm/run", "ksm/pages_sharing",
        "ksm/pages_shared", "ksm/merge_across_nodes", "ksm/sleep_millisecs",
      ])
    + under(
      "/sys/kernel/mm/hugepages/hugepages-*",
      [
        "nr_hugepages", "free_hugepages", "resv_hugepages", "surplus_hugepages",
        "nr_overcommit_hugepages",
      ])
    + [
      "/proc/meminfo", "/proc/swaps", "/proc/vmstat", "/proc/pressure/cpu",
      "/proc/pressure/memory", "/proc/pressure/io", "/proc/spl/kstat/zfs/arcstats",
    ]

  private static let blockFiles: [String] =
    under(
      "/sys/block/*",
      [
        "size", "ro", "removable", "hidden", "dm/name", "dm/uuid", "md/level", "loop/backing_file",
        "queue/scheduler", "queue/rotational", "queue/read_ahead_kb", "queue/nr_requests",
        "queue/logical_block_size", "queue/physical_block_size", "queue/nr_hw_queues",
        "queue/write_cache", "queue/discard_max_bytes", "device/vendor", "device/model",
        "device/numa_node", "device/device/numa_node", "device/transport", "device/raid_level",
      ])
    + ["/proc/diskstats", "/proc/mdstat", "/proc/partitions"]

  private static let networkFiles: [String] =
    under(
      "/sys/class/net/*",
      [
        "type", "flags", "operstate", "speed", "duplex", "mtu", "address", "ifindex", "iflink",
        "tun_flags", "bridge/vlan_filtering", "bridge/nf_call_iptables", "bonding/mode",
        "bonding/slaves", "brport/isolated", "device/sriov_totalvfs", "device/sriov_numvfs",
        "device/numa_node", "device/uevent", "uevent", "tx_queue_len",
        "statistics/rx_dropped", "statistics/tx_dropped", "statistics/rx_missed_errors",
        "statistics/rx_errors", "statistics/tx_errors", "statistics/rx_packets",
        "statistics/tx_packets",
      ])
    + [
      "/proc/net/route", "/proc/net/ipv6_route", "/proc/net/tcp", "/proc/net/tcp6",
      "/proc/net/vlan/config", "/proc/net/softnet_stat", "/proc/net/dev",
    ]

  private static let pciFiles: [String] = under(
    "/sys/bus/pci/devices/*",
    [
      "class", "vendor", "device", "subsystem_vendor", "subsystem_device", "numa_node",
      "boot_vga", "sriov_totalvfs", "sriov_numvfs", "driver_override", "enable",
    ])

  private static let kernelFiles: [String] =
    [
      "/proc/cpuinfo", "/sys/kernel/security/lsm", "/proc/cmdline", "/proc/version", "/proc/misc",
      "/proc/devices",
      "/proc/modules", "/proc/cgroups", "/proc/filesystems", "/proc/interrupts", "/proc/mounts",
      "/proc/self/status", "/proc/self/cgroup", "/proc/uptime", "/proc/stat",
      "/proc/irq/default_smp_affinity", "/proc/irq/#/smp_affinity_list",
      "/proc/irq/#/effective_affinity_list", "/proc/sysinfo", "/proc/device-tree/model",
      "/sys/hypervisor/type", "/proc/xen/capabilities", "/proc/sys/kernel/arch",
      "/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name",
      "/sys/class/dmi/id/bios_vendor", "/sys/class/dmi/id/bios_version",
      "/sys/class/dmi/id/board_vendor", "/sys/class/dmi/id/chassis_type",
      "/sys/devices/virtual/dmi/id/sys_vendor", "/sys/devices/virtual/dmi/id/product_name",
      "/sys/devices/system/clocksource/clocksource0/current_clocksource",
      "/sys/devices/system/clocksource/clocksource0/available_clocksource",
      "/sys/devices/system/edac/mc/mc#/ce_count", "/sys/devices/system/edac/mc/mc#/ue_count",
      "/sys/devices/system/edac/mc/mc#/mc_name", "/sys/fs/cgroup/cgroup.controllers",
      "/sys/fs/cgroup/cgroup.subtree_control", "/sys/fs/cgroup/cpuset.cpus.isolated",
      "/sys/fs/cgroup/*/cpuset.cpus.partition", "/sys/fs/cgroup/*/cpuset.cpus.effective",
      "/sys/fs/cgroup/*/cpuset.cpus", "/sys/fs/cgroup/machine.slice/*/cpuset.cpus.partition",
      "/sys/fs/cgroup/machine.slice/*/cpuset.cpus.effective",
    ]
    + moduleFiles + sysctlFiles

  private static let moduleFiles: [String] =
    [
      "kvm", "kvm_intel", "kvm_amd", "kvm_hv", "vfio", "vfio_pci", "vfio_iommu_type1", "zfs",
      "nvme_core", "nvme", "vhost", "vhost_net", "intel_idle", "processor", "zswap", "tun",
      "cpuidle_haltpoll", "haltpoll",
    ].map { "/sys/module/\($0)/parameters/*" }
    + [
      "/sys/module/kvm_intel/initstate", "/sys/module/kvm_amd/initstate",
      "/sys/module/kvm/initstate", "/sys/module/zfs/version",
    ]

  private static let sysctlFiles: [String] =
    under(
      "/proc/sys/kernel",
      [
        "hostname", "osrelease", "ostype", "numa_balancing", "sched_rt_runtime_us",
        "nmi_watchdog", "timer_migration", "io_uring_disabled", "io_uring_group",
        "randomize_va_space",
        "sched_autogroup_enabled", "watchdog", "kptr_restrict", "dmesg_restrict",
        "unprivileged_bpf_disabled", "tainted",
      ])
    + under(
      "/proc/sys/vm",
      [
        "swappiness", "zone_reclaim_mode", "dirty_ratio", "dirty_background_ratio", "dirty_bytes",
        "dirty_background_bytes", "nr_hugepages", "nr_overcommit_hugepages", "overcommit_memory",
        "overcommit_ratio", "min_free_kbytes", "stat_interval", "max_map_count",
        "vfs_cache_pressure", "compaction_proactiveness", "watermark_scale_factor",
      ])
    + under("/proc/sys/fs", ["aio-nr", "aio-max-nr", "file-max", "nr_open"])
    + under(
      "/proc/sys/net",
      [
        "core/busy_read", "core/busy_poll", "core/somaxconn", "core/netdev_max_backlog",
        "core/netdev_budget", "core/rmem_max", "core/wmem_max", "core/default_qdisc",
        "core/rps_sock_flow_entries", "ipv4/tcp_rmem", "ipv4/tcp_wmem", "ipv4/ip_forward",
        "ipv4/tcp_congestion_control", "ipv6/conf/all/forwarding",
        "bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables",
        "bridge/bridge-nf-call-arptables",
      ])

  private static let configurationFiles: [String] =
    ["/etc", "/run", "/usr/lib", "/usr/local/lib"].map { "\($0)/sysctl.d/*.conf" }
    + ["/etc", "/run", "/usr/lib"].flatMap {
      [
        "\($0)/tmpfiles.d/*.conf", "\($0)/udev/rules.d/*.rules", "\($0)/modprobe.d/*.conf",
        "\($0)/modules-load.d/*.conf",
      ]
    }
    + under(
      "/etc",
      [
        "machine-id", "os-release", "sysctl.conf", "modules", "fstab", "default/grub",
        "default/grub.d/*.cfg", "kernel/cmdline", "default/irqbalance", "sysconfig/irqbalance",
        "default/qemu-kvm", "tuned/active_profile", "tuned/profile_mode",
        "tuned/post_loaded_profile", "tuned/*/tuned.conf", "tuned/profiles/*/tuned.conf",
        "libvirt/qemu.conf", "libvirt/libvirtd.conf", "libvirt/virtproxyd.conf",
        "libvirt/virtqemud.conf", "libvirt/libvirt.conf", "libvirt/qemu/networks/*.xml",
        "libvirt/storage/*.xml", "libvirt/nwfilter/*.xml", "default/libvirtd",
        "sysconfig/libvirtd", "nftables.conf", "ufw/ufw.conf", "default/ufw",
        "firewalld/firewalld.conf", "iptables/rules.v4", "sysconfig/iptables",
        "sysconfig/nftables.conf", "chrony/chrony.conf",
        "openvswitch/system-id.conf", "lvm/backup/*", "nvidia-mig-manager/config.yaml",
        "systemd/system/nvidia-mig-manager.service.d/*.conf",
      ])
    + ["/usr/lib/tuned/*/tuned.conf", "/usr/lib/tuned/profiles/*/tuned.conf"]
    + ["/run/libvirt/network/*.xml", "/proc/net/ip_tables_names"]
}
