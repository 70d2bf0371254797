import Testing

@testable import TuneKit

@Suite struct HostFactsTests {
  @Test func anExampleHostHasItsDevices() {
    let facts = Facts(.exampleHost())
    #expect(facts.blockDevices.value?.map(\.kind) == [.nvme, .ssd, .hdd])
    #expect(facts.blockDevices.value?.map(\.controllerDriver) == ["nvme", "ahci", "ahci"])
    #expect(facts.blockDevices.value?.map(\.numaNode) == [1, 0, 0])
    let card = facts.interfaces.value?.last
    #expect(card?.kind == .physical && card?.driver == "i40e" && card?.master == "br0")
    #expect(card?.pci == "0000:3b:00.0" && card?.numaNode == 0 && card?.totalVFs == 64)
    #expect(facts.interfaces.value?.first?.kind == .bridge)
    #expect(facts.iommu.groups.value?.count == 3)
    #expect(facts.topology.devices.map(\.name) == ["eno1", "nvme0n1", "sda", "sdb"])
    #expect(facts.topology.devices.map(\.numaNode) == [0, 1, 0, 0])
    #expect(facts.units.isActive("irqbalance") == true)
    #expect(facts.units.isActive("tuned") == false)
    #expect(facts.frequency.policies.value?.count == 16)
    #expect(facts.idle.states[0]?.map(\.name) == ["POLL", "C1", "C1E", "C6"])
    #expect(facts.ethtool.value?["eno1"]?.combinedChannels?.maximum == 8)
    #expect(facts.memory.totalKiB.value == 134_217_728)
    #expect(facts.interrupts.all.value?.map(\.total) == [1000])
  }

  @Test(arguments: [
    ("nvme0n1", "", BlockDevice.Kind.nvme), ("vda", "", .virtio), ("dm-0", "", .deviceMapper),
    ("zram0", "", .zram), ("md127", "", .md), ("sr0", "", .optical), ("zd16", "", .network),
    ("sda", "QEMU", .virtual), ("sda", "ATA", .hdd), ("loop7", "", .loop), ("xvda", "", .xen),
  ])
  func blockDevicesAreToldApart(name: String, vendor: String, kind: BlockDevice.Kind) {
    let host = Snapshot().with("/sys/block/\(name)/queue/rotational", "1\n")
      .with("/sys/block/\(name)/device/vendor", vendor + "     \n")
    #expect(Facts(host).blockDevices.value?.map(\.kind) == [kind])
  }

  @Test func aHiddenPathOfMultipathNVMeIsNoLeaf() {
    let host = Snapshot().with("/sys/block/nvme0c1n1/size", "8\n")
    #expect(Facts(host).blockDevices.value?.first?.isLeafDisk == false)
  }

  @Test func kernelArgumentsHaveQuotesAndRepeat() {
    let line = KernelCommandLine(
      "root=/dev/sda1 dyndbg=\"file a.c +p\" isolcpus=2 isolcpus=3 ro -- x=1")
    #expect(line.last("dyndbg") == "file a.c +p")
    #expect(line.values("isolcpus") == ["2", "3"])
    #expect(line.has("ro") && !line.has("x"))
    #expect(KernelCommandLine("kvm-intel.nested=1").last("kvm_intel.nested") == "1")
  }

  @Test func emptyAndAbsentFrequencyControlIsNoMissingFact() {
    let cpu = "/sys/devices/system/cpu"
    let empty = Snapshot.exampleHost().without(cpu + "/cpufreq").withDirectory(cpu + "/cpufreq")
    #expect(Facts(empty).frequency.policies.value?.isEmpty == true)
    #expect(Facts(Snapshot()).frequency.policies.value == nil)
  }

  @Test func oldKernelsHaveAPolicyPerCPU() {
    let cpu = "/sys/devices/system/cpu"
    let host = Snapshot.exampleHost(nodes: 1, coresPerNode: 1, threads: 2)
      .without(cpu + "/cpufreq").with(cpu + "/cpu0/cpufreq/scaling_governor", "ondemand\n")
      .with(cpu + "/cpu0/cpufreq/related_cpus", "0 1\n")
    let policies = Facts(host).frequency.policies.value
    #expect(policies?.map(\.governor.value) == ["ondemand"])
    #expect(policies?.map(\.cpus.value) == [[0, 1]])
  }

  @Test(arguments: [
    ("always [madvise] never", "madvise"), ("none", "none"), ("[none] mq-deadline", "none"),
    ("a b", nil),
  ])
  func theChoiceStandsInBrackets(text: String, choice: String?) {
    #expect(KernelText.choice(text) == choice)
  }

  @Test func guestMemoryIsCountedAndLibrariesAreNot() {
    let maps = NUMAMaps(
      """
      7f0000000000 bind:0 anon=100 dirty=100 N0=60 N1=40 kernelpagesize_kB=4
      7f1000000000 bind:1 file=/dev/hugepages/x huge dirty=4 N1=4 kernelpagesize_kB=2048
      7f2000000000 default file=/usr/lib/libc.so.6 mapped=10 N0=10 kernelpagesize_kB=4
      7f3000000000 default file=/memfd:memory-backend-memfd\\040(deleted) dirty=2 N0=2 kernelpagesize_kB=4
      """)
    #expect(maps.byNode == [0: 248, 1: 160 + 8192])
    #expect(maps.byPageSize == [4: 408, 2048: 8192])
  }

  @Test(arguments: [
    ("CPU 3/KVM", false, GuestProcess.Role.vcpu(3)), ("CPU 0/TCG", false, .vcpu(0)),
    ("IO iothread2", false, .iothread(2)), ("IO mon_iothread", false, .helper),
    ("qemu-system-x86", true, .emulator), ("call_rcu", false, .helper),
  ])
  func threadsTellWhatTheyAreFor(name: String, isMain: Bool, role: GuestProcess.Role) {
    #expect(GuestProcess.role(name, isMain: isMain) == role)
  }

  @Test func unitsComeInSystemctlsFormToo() {
    let host = Snapshot().with(
      "/tuned-vm/units.json",
      "[{\"unit\":\"tuned.service\",\"active\":\"active\",\"sub\":\"running\"}]")
    #expect(Units(host).isActive("tuned") == true)
  }
}

@Suite struct NextBootTests {
  private func value(_ host: Snapshot, _ path: String) -> NextBootValue? {
    Facts(host).nextBoot.value(of: path)
  }

  @Test func theExampleHostKeepsItsValues() {
    let host = Snapshot.exampleHost()
    #expect(value(host, "/proc/sys/vm/swappiness")?.value == "10")
    #expect(value(host, "/sys/kernel/mm/transparent_hugepage/enabled")?.value == "madvise")
    #expect(value(host, "/sys/block/nvme0n1/queue/scheduler")?.value == "none")
    #expect(value(host, "/sys/block/sdb/queue/scheduler")?.value == "mq-deadline")
    #expect(
      value(host, "/sys/devices/system/cpu/cpufreq/policy3/scaling_governor")?.value
        == "performance")
    #expect(value(host, "/sys/module/kvm/parameters/halt_poll_ns") == nil)
  }

  @Test func aLaterFileWinsAndTheSameNameInEtcHidesTheVendors() {
    let host = Snapshot().with("/etc/sysctl.d/60-a.conf", "vm.swappiness=10\n")
      .with("/usr/lib/sysctl.d/99-z.conf", "vm.swappiness=30\n")
    #expect(value(host, "/proc/sys/vm/swappiness")?.source == "/usr/lib/sysctl.d/99-z.conf")
    let hidden = host.with("/etc/sysctl.d/99-z.conf", "# nothing\n")
    #expect(value(hidden, "/proc/sys/vm/swappiness")?.value == "10")
  }

  @Test func aSlashAndADotChangePlacesInKeys() {
    let host = Snapshot().with(
      "/etc/sysctl.d/1.conf", "-net.ipv4.conf.eth0/1.forwarding = 1\nnet/ipv4/ip_forward=1\n")
    #expect(value(host, "/proc/sys/net/ipv4/conf/eth0.1/forwarding")?.value == "1")
    #expect(value(host, "/proc/sys/net/ipv4/ip_forward")?.value == "1")
  }

  @Test func moduleOptionsAndArgumentsCount() {
    let path = "/sys/module/kvm/parameters/halt_poll_ns"
    let host = Snapshot().with("/etc/modprobe.d/kvm.conf", "options kvm halt_poll_ns=1 x=2\n")
    #expect(value(host, path)?.value == "1")
    let argument = host.with("/proc/cmdline", "kvm.halt_poll_ns=5\n")
    #expect(value(argument, path) == NextBootValue(value: "5", source: "/proc/cmdline"))
  }

  @Test func aRuleWhoseConditionIsUnknownSetsNothing() {
    let rule = "SUBSYSTEM==\"block\", ENV{ID_X}==\"1\", ATTR{queue/scheduler}=\"bfq\"\n"
    let host = Snapshot().with("/etc/udev/rules.d/1.rules", rule)
      .with("/sys/block/sda/queue/rotational", "1\n")
    #expect(value(host, "/sys/block/sda/queue/scheduler") == nil)
  }
}
