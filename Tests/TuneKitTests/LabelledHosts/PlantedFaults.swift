// Faults, each planted into a host that is set right: what must be found, and on what.

@testable import TuneKit

/// One fault.
struct HostFault: Sendable {
  let title: String
  /// The profiles under which the fault is one.
  let families: [ProfileFamily]
  let rule: String
  let subject: Subject
  /// Rules that rightly speak of it too.
  let also: Set<String>
  let plant: @Sendable (Snapshot) -> Snapshot

  init(
    _ title: String, _ rule: String, on subject: Subject = Subject(.host, "host1"),
    under families: [ProfileFamily] = ProfileFamily.allCases, also: Set<String> = [],
    _ plant: @escaping @Sendable (Snapshot) -> Snapshot
  ) {
    self.title = title
    self.families = families
    self.rule = rule
    self.subject = subject
    self.also = also
    self.plant = plant
  }

  static let all: [HostFault] =
    platform + processor + memory + storage + network + security
  /// Every profile but these.
  static func but(_ families: ProfileFamily...) -> [ProfileFamily] {
    ProfileFamily.allCases.filter { !families.contains($0) }
  }
  static let dedicated: [ProfileFamily] = [.latency, .network, .hpc]
  static let cpu = "/sys/devices/system/cpu/"

  static func units(_ host: Snapshot, _ unit: String) -> Snapshot {
    host.with(
      "/tuned-vm/units.json",
      #"{"\#(unit)":{"active":"active"},"nftables.service":{"active":"active"}}"#)
  }

  // MARK: - Platform

  private static let platform: [HostFault] = [
    HostFault("no VT-x", "host.virt-enabled") { host in
      let info = host.raw("/proc/cpuinfo").value ?? ""
      return host.with("/proc/cpuinfo", info.replacing(" vmx ", with: " "))
    },
    HostFault("locked by the firmware", "host.virt-enabled") {
      $0.with("/tuned-vm/kernel-log.txt", "x86/cpu: VMX (outside TXT) disabled by BIOS\n")
    },
    HostFault("no /dev/kvm", "host.kvm-device") {
      $0.without("/dev/kvm").with("/proc/misc", "238 vhost-net\n")
    },
    HostFault("EPT is off", "host.ept-npt") {
      $0.with("/sys/module/kvm_intel/parameters/ept", "N\n")
    },
    HostFault("no IOMMU group", "host.iommu-enabled", under: dedicated) {
      $0.without("/sys/kernel/iommu_groups").withDirectory("/sys/kernel/iommu_groups")
    },
    HostFault(
      "no IOMMU group, and a guest has a device", "host.iommu-enabled", under: [.general],
      also: ["gpu.vfio-iommu", "mem.hugepages-backing"]
    ) { host in
      host.without("/sys/kernel/iommu_groups").withDirectory("/sys/kernel/iommu_groups")
        .withDomain(
          DomainXML.example(
            name: "card", vcpus: 1, memoryMiB: 512, extra: "<cpu mode='host-model'/>",
            devices: "<hostdev mode='subsystem' type='pci' managed='yes'><source><address "
              + "domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/></source></hostdev>"))
    },
    HostFault("no io controller", "host.cgroup-controllers") {
      $0.with("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory pids\n")
    },
    HostFault("no cpuset controller", "host.cgroup-controllers") {
      $0.with("/sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n")
    },
    HostFault("memory control group switched off", "host.cgroup-controllers") {
      $0.without("/sys/fs/cgroup/cgroup.controllers").with(
        "/proc/cgroups",
        "#subsys_name hierarchy num_cgroups enabled\ncpuset 1 1 1\ncpu 1 1 1\nblkio 1 1 1\n"
          + "memory 0 1 0\n")
    },
    HostFault(
      "TuneD keeps another swappiness", "host.tuner-conflict", under: but(.desktop)
    ) {
      units($0, "tuned.service").with("/etc/tuned/active_profile", "virtual-guest\n")
    },
    HostFault(
      "TuneD saves power", "host.tuner-conflict", under: but(.desktop), also: ["host.persist-drift"]
    ) {
      units($0, "tuned.service").with("/etc/tuned/active_profile", "powersave\n")
    },
    HostFault("power-profiles-daemon", "host.tuner-conflict", under: but(.desktop)) {
      units($0, "power-profiles-daemon.service")
    },
    HostFault("TLP", "host.tuner-conflict", under: but(.desktop)) {
      units($0, "tlp.service")
    },
    HostFault("numad beside pins", "host.tuner-conflict", under: dedicated) {
      units($0, "numad.service")
    },
    HostFault("a later sysctl file", "host.persist-drift", under: but(.desktop)) {
      $0.with("/etc/sysctl.d/99-local.conf", "vm.swappiness=60\n")
    },
    HostFault("a sysctl written with slashes", "host.persist-drift", under: but(.desktop)) {
      $0.with("/etc/sysctl.d/99-local.conf", "vm/swappiness = 60\n")
    },
    HostFault("sysctls only in the running kernel", "host.persist-drift", under: but(.desktop)) {
      $0.with("/etc/sysctl.d/60-site.conf", "# nothing\n")
    },
    HostFault("balancing comes back at boot", "host.persist-drift", under: dedicated) {
      $0.with("/etc/sysctl.d/99-local.conf", "kernel.numa_balancing = 1\n")
    },
    HostFault("an old sysctl.conf", "host.persist-drift", under: but(.desktop)) {
      $0.with("/etc/sysctl.conf", "vm.swappiness=60\n")
    },
    HostFault("an earlier tmpfiles line", "host.persist-drift", under: but(.desktop)) {
      $0.with(
        "/etc/tmpfiles.d/10-power.conf",
        "w \(cpu)cpufreq/policy*/scaling_governor - - - - powersave\n")
    },
    HostFault("a later udev rule", "host.persist-drift") {
      $0.with(
        "/etc/udev/rules.d/99-disks.rules",
        "ACTION==\"add|change\", KERNEL==\"nvme[0-9]*n[0-9]*\", ATTR{queue/scheduler}=\"bfq\"\n")
    },
    HostFault("uncorrectable memory errors", "host.ecc-errors") {
      $0.with("/sys/devices/system/edac/mc/mc0/ue_count", "2\n")
    },
    HostFault("a refused guest entry", "host.entry-failed") {
      $0.with("/var/log/libvirt/qemu/web1.log", "KVM: entry failed, hardware error 0x80000021\n")
    },
    HostFault("nesting that nobody uses", "nest.enabled", under: [.secure]) {
      $0.with("/sys/module/kvm_intel/parameters/nested", "Y\n")
    },
  ]

  // MARK: - Processors

  private static func policy(_ host: Snapshot, _ governor: String, _ preference: String?)
    -> Snapshot
  {
    let path = "\(cpu)cpufreq/policy2"
    let host = host.with(path + "/scaling_governor", governor + "\n")
    guard let preference else {
      return host.without(path + "/energy_performance_preference")
        .with(path + "/scaling_driver", "intel_cpufreq\n")
        .with(path + "/scaling_available_governors", "performance schedutil powersave\n")
    }
    return host.with(path + "/energy_performance_preference", preference + "\n")
  }

  private static let processor: [HostFault] = [
    HostFault("schedutil", "cpu.governor", under: but(.desktop)) {
      policy($0, "schedutil", nil)
    },
    HostFault("powersave", "cpu.governor", under: but(.desktop)) {
      policy($0, "powersave", nil)
    },
    HostFault("powersave that leans to performance", "cpu.governor", under: dedicated) {
      policy($0, "powersave", "performance")
    },
    HostFault(
      "leaning to power", "cpu.epp", under: but(.desktop), also: ["cpu.governor"]
    ) { policy($0, "powersave", "power") },
    HostFault(
      "balanced", "cpu.epp", under: [.db, .latency, .throughput, .hpc, .network],
      also: ["cpu.governor"]
    ) { policy($0, "powersave", "balance_performance") },
    HostFault("turbo off", "cpu.turbo", under: but(.desktop)) {
      $0.with(cpu + "intel_pstate/no_turbo", "1\n")
    },
    HostFault("boost off", "cpu.turbo", under: but(.desktop)) {
      $0.without(cpu + "intel_pstate/no_turbo").with(cpu + "cpufreq/boost", "0\n")
    },
    HostFault("the top is cut off", "cpu.min-perf", under: but(.desktop)) {
      $0.with(cpu + "intel_pstate/max_perf_pct", "80\n")
    },
    HostFault("deep sleep", "cpu.cstate-latency", under: dedicated + [.db]) {
      $0.with(cpu + "cpu5/cpuidle/state3/disable", "0\n")
    },
    HostFault("hpet", "cpu.clocksource") {
      $0.with(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n")
    },
    HostFault("acpi_pm", "cpu.clocksource") {
      $0.with(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", "acpi_pm\n")
    },
    HostFault("nothing isolated", "cpu.isolation", under: dedicated) {
      $0.with(cpu + "isolated", "\n").with(cpu + "nohz_full", "(null)\n")
    },
    HostFault("one CPU not isolated", "cpu.isolation", under: dedicated) {
      $0.with(cpu + "isolated", "2\n").with(cpu + "nohz_full", "2\n")
    },
    HostFault("isolated CPUs tick", "cpu.nohz-rcu", under: [.latency, .network]) {
      $0.with(cpu + "nohz_full", "\n")
    },
    HostFault("an interrupt on the guest's CPU", "cpu.irq-affinity", under: dedicated) {
      $0.with("/proc/irq/120/smp_affinity_list", "0-15\n")
        .with("/proc/irq/120/effective_affinity_list", "10\n")
    },
    HostFault("scanning pinned guests", "cpu.numa-balancing", under: dedicated) {
      $0.with("/proc/sys/kernel/numa_balancing", "1\n")
    },
    HostFault(
      "floating guests and no balancing", "cpu.numa-balancing",
      under: [.general, .throughput, .desktop]
    ) { $0.with("/proc/sys/kernel/numa_balancing", "0\n") },
    HostFault("no polling", "cpu.halt-poll", under: [.latency, .db, .network]) {
      $0.with("/sys/module/kvm/parameters/halt_poll_ns", "0\n")
    },
    HostFault("periodic clock updates", "cpu.kvm-lowlat-params", under: [.latency]) {
      $0.with("/sys/module/kvm/parameters/kvmclock_periodic_sync", "Y\n")
    },
    HostFault("pause loops", "cpu.kvm-lowlat-params", under: [.latency]) {
      $0.with("/sys/module/kvm_intel/parameters/ple_gap", "128\n")
    },
    HostFault(
      "a neighbour on the sibling thread", "cpu.smt-policy", under: [.latency],
      also: ["cpu.pin-siblings", "cpu.isolation"]
    ) { host in
      host.withDomain(
        DomainXML.example(
          name: "other", vcpus: 1, memoryMiB: 512, system: DomainXML.linux,
          extra: "<cputune><vcpupin vcpu='0' cpuset='11'/><emulatorpin cpuset='0'/></cputune>"
            + "<numatune><memory mode='strict' nodeset='0'/></numatune>"
            + "<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>",
          devices: "<memballoon model='none'/>"), running: true
      ).withDomain(
        DomainXML.example(
          name: "third", vcpus: 1, memoryMiB: 512, system: DomainXML.linux,
          extra: "<cputune><vcpupin vcpu='0' cpuset='3'/><emulatorpin cpuset='0'/></cputune>"
            + "<numatune><memory mode='strict' nodeset='0'/></numatune>"
            + "<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>",
          devices: "<memballoon model='none'/>"), running: true)
    },
  ]

  // MARK: - Memory

  private static let thp = "/sys/kernel/mm/transparent_hugepage/"

  private static let memory: [HostFault] = [
    HostFault("zone reclaim", "numa.zone-reclaim", under: but(.hpc)) {
      $0.with("/proc/sys/vm/zone_reclaim_mode", "1\n")
    },
    HostFault("never huge", "mem.thp", under: but(.latency, .network)) {
      $0.with(thp + "enabled", "always madvise [never]\n")
    },
    HostFault("always huge", "mem.thp", under: [.db, .latency, .network]) {
      $0.with(thp + "enabled", "[always] madvise never\n")
    },
    HostFault("stalls for huge pages", "mem.thp-defrag", under: [.db, .latency, .network]) {
      $0.with(thp + "defrag", "[always] defer defer+madvise madvise never\n")
    },
    HostFault("merging", "mem.ksm", under: [.db, .latency, .network, .hpc, .secure]) {
      $0.with("/sys/kernel/mm/ksm/run", "1\n").with("/sys/kernel/mm/ksm/pages_sharing", "5000\n")
    },
    HostFault("merging across nodes for nothing", "mem.ksm", under: [.general, .desktop]) {
      $0.with("/sys/kernel/mm/ksm/run", "1\n")
    },
    HostFault("merging across nodes", "mem.ksm", under: [.throughput, .migratable]) {
      $0.with("/sys/kernel/mm/ksm/run", "1\n").with("/sys/kernel/mm/ksm/pages_sharing", "5000\n")
    },
    HostFault("swapping early", "mem.swappiness", under: but(.desktop)) {
      $0.with("/proc/sys/vm/swappiness", "60\n")
    },
    HostFault(
      "late write-back", "mem.dirty-ratio", under: [.db, .latency, .general],
      also: ["disk.cache-mode", "disk.iothread", "disk.io-mode"]
    ) { host in
      host.with("/proc/sys/vm/dirty_ratio", "60\n").withDomain(
        DomainXML.example(
          name: "buffered", vcpus: 1, memoryMiB: 512, system: DomainXML.linux,
          extra: "<cputune><vcpupin vcpu='0' cpuset='2'/><emulatorpin cpuset='0'/></cputune>"
            + "<numatune><memory mode='strict' nodeset='0'/></numatune>"
            + "<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>",
          devices: SettingTable.bufferedDisk + "<memballoon model='none'/>"))
    },
    HostFault("waiting for memory", "mem.pressure") {
      $0.with("/proc/pressure/memory", "some avg10=9.00 avg60=7.50 avg300=1.00 total=5\n")
    },
    HostFault(
      "idle huge pages", "mem.hugepages-waste", also: ["mem.host-reserve", "size.mem-overcommit"]
    ) {
      $0.with("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "20000\n")
        .with("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "20000\n")
    },
    HostFault(
      "no memory for the host", "mem.host-reserve", under: [.db, .latency, .network, .hpc],
      also: ["size.mem-overcommit"]
    ) {
      $0.with("/proc/meminfo", "MemTotal: 2600000 kB\nHugepagesize: 2048 kB\nSwapTotal: 8 kB\n")
    },
    HostFault(
      "a large ZFS cache", "zfs.arc-max", also: ["mem.host-reserve", "size.mem-overcommit"]
    ) {
      $0.with(
        "/proc/spl/kstat/zfs/arcstats", "13 1 0x01 96\nname type data\nc_max 4 137000000000\n")
    },
  ]
}
