// The same right host on other machines, and hosts of which a capture holds only a part.

@testable import TuneKit

enum OtherMachines {
  private static let cpu = RightHost.cpu

  static let all: [RightHost] =
    ProfileFamily.allCases.map { RightHost(name: "amd", family: $0, snapshot: amd($0)) }
    + [
      RightHost(name: "hybrid, passive", family: .general, snapshot: hybrid),
      RightHost(name: "energy preference leads", family: .general, snapshot: preferring),
      RightHost(name: "realtime", family: .latency, snapshot: realtime),
      RightHost(name: "arm64", family: .general, snapshot: arm(.general)),
      RightHost(name: "arm64", family: .throughput, snapshot: arm(.throughput)),
      RightHost(name: "power", family: .general, snapshot: power),
      RightHost(name: "s390", family: .general, snapshot: s390),
      RightHost(name: "nested", family: .general, snapshot: nested),
      RightHost(name: "nested", family: .latency, snapshot: nestedLatency),
      RightHost(name: "control groups 1, old kernel", family: .general, snapshot: old),
      RightHost(name: "TuneD virtual-host", family: .general, snapshot: tuned("virtual-host")),
      RightHost(
        name: "TuneD virtual-host", family: .throughput,
        snapshot: tuned("virtual-host").with(
          "/etc/sysctl.d/60-site.conf",
          "net.ipv4.tcp_rmem=4096 131072 16777216\nnet.ipv4.tcp_wmem=4096 16384 16777216\n")),
      RightHost(name: "offline CPUs", family: .general, snapshot: offline),
      RightHost(name: "RAID and HBA", family: .general, snapshot: raid),
      RightHost(name: "devices of all kinds", family: .general, snapshot: devices),
      RightHost(name: "cards of all kinds", family: .network, snapshot: cards),
      RightHost(name: "zram", family: .db, snapshot: zram),
      RightHost(name: "idle pools of nobody knows whom", family: .general, snapshot: idlePools),
      RightHost(
        name: "only sysfs of the processors", family: .latency,
        snapshot: part(["/sys/devices"], .latency)),
      RightHost(name: "without proc", family: .general, snapshot: part(["/sys", "/etc"])),
      RightHost(name: "without etc", family: .secure, snapshot: part(["/sys", "/proc"])),
      RightHost(name: "nothing", family: .general, snapshot: Snapshot()),
      RightHost(name: "quoted arguments", family: .general, snapshot: quoted),
      RightHost(name: "docker", family: .network, snapshot: docker),
    ]

  static func amd(_ family: ProfileFamily) -> Snapshot {
    var host = RightHost.intel(family)
    let info = (host.raw("/proc/cpuinfo").value ?? "")
      .replacing("GenuineIntel", with: "AuthenticAMD").replacing(" vmx ", with: " svm ")
      .replacing("Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz", with: "AMD EPYC 7763 64-Core")
    host = host.with("/proc/cpuinfo", info).without(cpu + "intel_pstate")
      .without("/sys/module/kvm_intel").with("/sys/module/kvm_amd/parameters/npt", "1\n")
      .with("/sys/module/kvm_amd/parameters/nested", "0\n").with(cpu + "cpufreq/boost", "1\n")
      .with(cpu + "amd_pstate/status", "active\n")
      .with(cpu + "vulnerabilities/mmio_stale_data", "Not affected\n")
      .with(
        cpu + "vulnerabilities/spectre_v2",
        "Mitigation: Enhanced / Automatic IBRS; IBPB: conditional; STIBP: always-on\n"
      )
      .with(cpu + "vulnerabilities/itlb_multihit", "Not affected\n")
      .with("/proc/cmdline", "root=/dev/sda1 iommu=pt\n")
      .with(cpu + "cpuidle/current_driver", "acpi_idle\n")
    for number in 0..<16 {
      host = host.with("\(cpu)cpufreq/policy\(number)/scaling_driver", "amd-pstate-epp\n")
    }
    return host
  }

  /// Performance and efficiency cores, without HWP's own control.
  private static var hybrid: Snapshot {
    var host = RightHost.intel(.general).with(cpu + "intel_pstate/status", "passive\n")
      .with("/sys/devices/cpu_core/cpus", "0-7\n").with("/sys/devices/cpu_atom/cpus", "8-15\n")
    for number in 0..<16 {
      let policy = "\(cpu)cpufreq/policy\(number)"
      host = host.with(policy + "/scaling_driver", "intel_cpufreq\n")
        .with(
          policy + "/scaling_available_governors",
          "conservative ondemand userspace powersave performance schedutil\n"
        )
        .without(policy + "/energy_performance_preference")
    }
    return host
  }

  /// powersave in the driver's active mode, leaning to performance.
  private static var preferring: Snapshot {
    var host = RightHost.intel(.general)
    for number in 0..<16 {
      host = host.with("\(cpu)cpufreq/policy\(number)/scaling_governor", "powersave\n")
    }
    return host
  }

  /// What a tuned real-time host looks like: no frequency control, and it polls.
  private static var realtime: Snapshot {
    RightHost.intel(.latency).without(cpu + "cpufreq").withDirectory(cpu + "cpufreq")
      .without(cpu + "intel_pstate").with("/sys/kernel/mm/ksm/run", "2\n")
      .with("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n")
      .with(
        "/etc/tmpfiles.d/50-site.conf",
        "w /sys/kernel/mm/transparent_hugepage/enabled - - - - never\n"
          + "w /sys/kernel/mm/ksm/run - - - - 2\n"
      )
      .with(
        "/proc/cmdline",
        "root=/dev/sda1 intel_iommu=on iommu=pt isolcpus=managed_irq,domain,2,10 nohz=on "
          + "nohz_full=2,10 rcu_nocbs=2,10 idle=poll intel_pstate=disable nosoftlockup "
          + "skew_tick=1 tsc=reliable\n")
  }

  private static func foreign(
    _ info: String, clock: String, _ family: ProfileFamily = .general
  ) -> Snapshot {
    let clocks = "/sys/devices/system/clocksource/clocksource0/"
    return RightHost.intel(family).with("/proc/cpuinfo", info)
      .without(cpu + "cpufreq").without(cpu + "intel_pstate").without(cpu + "cpuidle")
      .without("/sys/module/kvm_intel").without(cpu + "vulnerabilities/l1tf")
      .with(clocks + "current_clocksource", clock + "\n")
      .with(clocks + "available_clocksource", clock + "\n")
  }

  private static func arm(_ family: ProfileFamily) -> Snapshot {
    foreign(
      "processor\t: 0\nFeatures\t: fp asimd evtstrm aes\nCPU implementer\t: 0x41\n"
        + "CPU architecture: 8\nCPU part\t: 0xd0c\n", clock: "arch_sys_counter", family)
  }

  private static var power: Snapshot {
    foreign(
      "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3783.000000MHz\n"
        + "revision\t: 2.2\n\nplatform\t: PowerNV\nmachine\t\t: PowerNV 8335-GTH\n",
      clock: "timebase")
  }

  private static var s390: Snapshot {
    foreign(
      "vendor_id       : IBM/S390\n# processors    : 4\nfeatures\t: esan3 zarch stfle sie\n"
        + "processor 0: version = FF,  identification = 0133E8,  machine = 2964\n", clock: "tod"
    ).without("/sys/block").with("/sys/block/dasda/queue/scheduler", "[none] mq-deadline\n")
      .with("/sys/block/dasda/queue/rotational", "0\n")
  }

  static var nested: Snapshot { guest(of: RightHost.intel(.general)) }
  static var nestedLatency: Snapshot { guest(of: RightHost.intel(.latency)) }

  /// A host that is itself a guest of KVM.
  private static func guest(of host: Snapshot) -> Snapshot {
    let info = (host.raw("/proc/cpuinfo").value ?? "").replacing(" fpu ", with: " fpu hypervisor ")
      .replacing("0x5003604", with: "0x1")
    let clocks = "/sys/devices/system/clocksource/clocksource0/"
    return host.with("/proc/cpuinfo", info).without(cpu + "cpufreq").withDirectory(cpu + "cpufreq")
      .without(cpu + "intel_pstate").without("/sys/devices/system/edac")
      .without("/sys/block").with("/sys/block/vda/queue/scheduler", "[none] mq-deadline\n")
      .with("/sys/block/vda/queue/rotational", "1\n")
      .with("/sys/block/sda/queue/scheduler", "[none] mq-deadline\n")
      .with("/sys/block/sda/queue/rotational", "1\n").with("/sys/block/sda/device/vendor", "QEMU\n")
      .with(clocks + "current_clocksource", "kvm-clock\n")
      .with(clocks + "available_clocksource", "kvm-clock tsc acpi_pm\n")
      .with(cpu + "vulnerabilities/spec_rstack_overflow", "Vulnerable: Safe RET, no microcode\n")
      .with(
        cpu + "vulnerabilities/mmio_stale_data",
        "Vulnerable: Clear CPU buffers attempted, no microcode; SMT Host state unknown\n"
      )
      .with(cpu + "vulnerabilities/srbds", "Unknown: Dependent on hypervisor status\n")
  }

  private static var old: Snapshot {
    let groups = ["cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer"]
    return RightHost.intel(.general).without("/sys/fs/cgroup/cgroup.controllers")
      .with(
        "/proc/cgroups",
        "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
          + groups.map { "\($0)\t2\t9\t1\n" }.joined()
      )
      .with("/proc/sys/kernel/osrelease", "3.10.0-1160.el7.x86_64\n")
      .with("/sys/block/sda/queue/scheduler", "noop [deadline] cfq\n")
      .with("/sys/block/sdb/queue/scheduler", "noop [deadline] cfq\n")
      .with("/sys/block/nvme0n1/queue/scheduler", "[none]\n")
      .with("/sys/kernel/mm/transparent_hugepage/defrag", "always [madvise] never\n")
      .without("/proc/pressure").without("/etc/udev/rules.d")
  }

  /// Nothing but TuneD makes the values last.
  static func tuned(_ profile: String) -> Snapshot {
    RightHost.intel(.general)
      .with(
        "/tuned-vm/units.json",
        #"{"tuned.service":{"active":"active"},"nftables.service":{"active":"active"}}"#
      )
      .with("/etc/tuned/active_profile", profile + "\n").with("/etc/sysctl.d/60-site.conf", "")
      .with("/etc/tmpfiles.d/60-tuned-vm.conf", "")
  }

  private static var offline: Snapshot {
    var host = RightHost.intel(.general).with(cpu + "online", "0-2,4-10,12-15\n")
      .with(cpu + "offline", "3,11\n")
    for number in [3, 11] {
      host = host.without("\(cpu)cpu\(number)/topology").with("\(cpu)cpu\(number)/online", "0\n")
        .without("\(cpu)cpufreq/policy\(number)")
    }
    return host.with("/sys/devices/system/node/node0/cpulist", "0-2,8-10\n")
  }

  private static var raid: Snapshot {
    RightHost.intel(.general)
      .with("/sys/block/sda/queue/scheduler", "[none] mq-deadline\n")
      .with("/sys/block/sdb/queue/scheduler", "[none] mq-deadline\n")
      .withLink("/sys/bus/pci/devices/0000:00:17.0/driver", "/sys/bus/pci/drivers/megaraid_sas")
  }

  private static var devices: Snapshot {
    ["loop0", "ram0", "zram0", "sr0", "fd0", "md0", "dm-0", "nbd0", "rbd0", "drbd0", "zd0"].reduce(
      RightHost.intel(.general)
    ) { host, name in
      host.with("/sys/block/\(name)/queue/scheduler", "[bfq] none mq-deadline\n")
        .with("/sys/block/\(name)/queue/rotational", "1\n")
    }.with("/sys/block/nvme1n1/queue/scheduler", "[none]\n")
      .with("/sys/block/nvme0c1n1/queue/scheduler", "[mq-deadline] none\n")
      .with("/sys/block/sdz/size", "0\n")
  }

  /// A bond of two cards, a VLAN on it, a function, a card without a link.
  private static var cards: Snapshot {
    var host = RightHost.intel(.network)
    for (name, kind) in [("bond0", "bond"), ("bond0.7", "vlan")] {
      host = host.with("/sys/class/net/\(name)/uevent", "DEVTYPE=\(kind)\n")
        .with("/sys/class/net/\(name)/mtu", "1500\n").with("/sys/class/net/\(name)/speed", "-1\n")
    }
    return host.with("/sys/class/net/eno2/operstate", "down\n")
      .withUnreadable("/sys/class/net/eno2/speed", "Invalid argument")
      .withLink("/sys/class/net/eno2/device", "/sys/devices/pci0000:3a/0000:3b:00.1")
      .with(
        "/tuned-vm/ethtool.json",
        #"{"eno1":{"channels":{"combined":{"current":8,"max":64}},"rings":{"rx":{"current":512,"#
          + #""max":4096}}},"eno2":{"channels":{"combined":{"current":1,"max":64}}}}"#)
  }

  private static var zram: Snapshot {
    RightHost.intel(.db).with("/proc/sys/vm/swappiness", "150\n")
      .with("/etc/sysctl.d/60-site.conf", "vm.swappiness = 150\n")
      .with("/proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 8388604 0 100\n")
  }

  private static var idlePools: Snapshot {
    var host = RightHost.intel(.general)
      .with("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "20000\n")
      .with("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "20000\n")
    host.domains = []
    host.domainsMissing = "/etc/libvirt: not in this tree"
    return host
  }

  private static func part(_ roots: [String], _ family: ProfileFamily = .general) -> Snapshot {
    var host = RightHost.intel(family)
    func isIn(_ path: String) -> Bool { roots.contains { path.hasPrefix($0 + "/") || path == $0 } }
    host.files = host.files.filter { isIn($0.key) }
    host.directories = host.directories.filter { isIn($0.key) }
    host.links = host.links.filter { isIn($0.key) }
    host.domains = []
    host.domainsMissing = "/etc/libvirt: not in this tree"
    return host
  }

  private static var quoted: Snapshot {
    RightHost.intel(.general).with(
      "/proc/cmdline",
      "root=/dev/sda1 dyndbg=\"file drivers/* +p mitigations=off\" mitigations=off "
        + "mitigations=auto nopti= -- mitigations=off\n".replacing("nopti= ", with: ""))
  }

  private static var docker: Snapshot {
    RightHost.intel(.network).with("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n").with(
      "/tuned-vm/units.json",
      #"{"docker.service":{"active":"active"},"nftables.service":{"active":"active"}}"#)
  }
}
