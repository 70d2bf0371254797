// Kernel settings, modules and configuration of an example host: right for the general profile,
// now and after the next boot.

enum ExampleSettings {
  static let files: [(String, String)] =
    identity + sysctls + memory + modules + vulnerabilities + configuration

  static let directories: [(String, [String])] = [
    ("/dev", ["kvm", "vhost-net", "vhost-vsock", "null", "nvme0n1", "sda", "sdb"]),
    ("/dev/vfio", ["vfio"]), ("/sys/class/iommu", ["dmar0", "dmar1"]), ("/etc/modprobe.d", []),
    ("/etc/udev/rules.d", []),
    ("/etc/modules-load.d", []), ("/etc/libvirt/qemu", []), ("/sys/bus/mdev/devices", []),
    ("/sys/block/nvme0n1/slaves", []), ("/sys/block/sda/slaves", []),
    ("/sys/block/sdb/slaves", []), ("/sys/devices/system/edac/mc", ["mc0"]),
  ]

  private static let identity: [(String, String)] = [
    ("/proc/sys/kernel/hostname", "host1\n"), ("/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n"),
    ("/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
    ("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet intel_iommu=on iommu=pt\n"),
    ("/proc/misc", "232 kvm\n238 vhost-net\n"),
    ("/sys/class/dmi/id/sys_vendor", "Dell Inc.\n"),
    ("/sys/class/dmi/id/product_name", "PowerEdge R640\n"),
    ("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm \n"),
    ("/sys/devices/system/edac/mc/mc0/ce_count", "0\n"),
    ("/sys/devices/system/edac/mc/mc0/ue_count", "0\n"),
    ("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n"),
    ("/proc/uptime", "864000.00 13000000.00\n"),
    (
      "/tuned-vm/units.json",
      """
      {"irqbalance.service":{"active":"active","enabled":"enabled"},\
      "libvirtd.service":{"active":"active","enabled":"enabled"}}

      """
    ),
    (
      "/tuned-vm/kernel-log.txt",
      "Linux version 6.1.0-13-amd64\nclocksource: Switched to clocksource tsc\n"
    ),
  ]

  private static let sysctls: [(String, String)] = [
    ("vm/swappiness", "10"), ("vm/zone_reclaim_mode", "0"), ("vm/dirty_ratio", "40"),
    ("vm/dirty_background_ratio", "5"), ("vm/dirty_bytes", "0"),
    ("vm/dirty_background_bytes", "0"), ("vm/nr_hugepages", "0"), ("vm/overcommit_memory", "0"),
    ("kernel/numa_balancing", "1"), ("kernel/io_uring_disabled", "0"), ("fs/aio-nr", "0"),
    ("fs/aio-max-nr", "1048576"), ("net/core/busy_read", "0"), ("net/core/busy_poll", "0"),
    ("net/core/somaxconn", "4096"), ("net/core/rmem_max", "16777216"),
    ("net/core/wmem_max", "16777216"), ("net/ipv4/tcp_rmem", "4096 131072 16777216"),
    ("net/ipv4/tcp_wmem", "4096 16384 16777216"), ("net/ipv4/ip_forward", "0"),
  ].map { ("/proc/sys/" + $0.0, $0.1 + "\n") }

  private static let memory: [(String, String)] =
    [
      ("transparent_hugepage/enabled", "always [madvise] never"),
      ("transparent_hugepage/defrag", "always defer defer+madvise [madvise] never"),
      ("ksm/run", "0"), ("ksm/pages_sharing", "0"), ("ksm/pages_shared", "0"),
      ("ksm/merge_across_nodes", "1"),
    ].map { ("/sys/kernel/mm/" + $0.0, $0.1 + "\n") } + [
      (
        "/proc/pressure/memory",
        """
        some avg10=0.00 avg60=0.00 avg300=0.00 total=0
        full avg10=0.00 avg60=0.00 avg300=0.00 total=0

        """
      ),
      ("/proc/vmstat", "nr_free_pages 16000000\npswpin 0\npswpout 0\noom_kill 0\n"),
    ]

  private static let modules: [(String, String)] = [
    ("kvm/parameters/halt_poll_ns", "200000"), ("kvm/parameters/kvmclock_periodic_sync", "Y"),
    ("kvm/parameters/nx_huge_pages", "N"), ("kvm_intel/initstate", "live"),
    ("kvm_intel/parameters/ept", "Y"), ("kvm_intel/parameters/nested", "N"),
    ("kvm_intel/parameters/ple_gap", "128"), ("kvm_intel/parameters/unrestricted_guest", "Y"),
    ("kvm_intel/parameters/vmentry_l1d_flush", "not required"),
    ("vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N"),
    ("vhost_net/parameters/experimental_zcopytx", "0"),
  ].map { ("/sys/module/" + $0.0, $0.1 + "\n") }

  private static let vulnerabilities: [(String, String)] = [
    ("itlb_multihit", "KVM: Mitigation: VMX disabled"), ("l1tf", "Not affected"),
    ("mds", "Not affected"), ("meltdown", "Not affected"),
    ("mmio_stale_data", "Mitigation: Clear CPU buffers; SMT vulnerable"),
    ("spec_store_bypass", "Mitigation: Speculative Store Bypass disabled via prctl"),
    (
      "spectre_v1", "Mitigation: usercopy/swapgs barriers and __user pointer sanitization"
    ),
    (
      "spectre_v2",
      "Mitigation: Enhanced IBRS, IBPB: conditional, RSB filling, PBRSB-eIBRS: SW sequence"
    ),
    ("srbds", "Not affected"), ("tsx_async_abort", "Mitigation: TSX disabled"),
  ].map { ("/sys/devices/system/cpu/vulnerabilities/" + $0.0, $0.1 + "\n") }

  private static let configuration: [(String, String)] = [
    ("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
    (
      "/etc/sysctl.d/60-tuned-vm.conf",
      """
      vm.swappiness = 10
      vm.dirty_ratio = 40
      vm.dirty_background_ratio = 5
      fs.aio-max-nr = 1048576

      """
    ),
    (
      "/etc/tmpfiles.d/60-tuned-vm.conf",
      """
      w /sys/devices/system/cpu/cpufreq/policy*/scaling_governor - - - - performance
      w /sys/devices/system/cpu/intel_pstate/min_perf_pct - - - - 100
      w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise
      w /sys/kernel/mm/transparent_hugepage/defrag - - - - madvise

      """
    ),
    (
      "/etc/udev/rules.d/60-tuned-vm.rules",
      """
      ACTION=="add|change", KERNEL=="nvme[0-9]*n[0-9]*", ATTR{queue/scheduler}="none"
      ACTION=="add|change", KERNEL=="sd[a-z]*", ATTR{queue/rotational}=="0", ATTR{queue/scheduler}="mq-deadline"
      ACTION=="add|change", KERNEL=="sd[a-z]*", ATTR{queue/rotational}=="1", ATTR{queue/scheduler}="mq-deadline"

      """
    ),
    ("/etc/libvirt/qemu.conf", "# all defaults\n"),
    ("/etc/libvirt/libvirtd.conf", "# all defaults\n"),
  ]
}
