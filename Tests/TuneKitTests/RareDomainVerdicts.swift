// Verdicts about domains that no example shows.

@testable import TuneKit

extension RareVerdictTests {
  private static let host = Snapshot.exampleHost()
  private static let bare = DomainXML.example()

  /// A guest of which nobody knows whether it runs.
  static func unclear(_ xml: String) -> Snapshot {
    host.with(
      domain: DomainSource(
        origin: "a.xml", persistent: Known(xml, from: "a.xml"), live: nil, state: .unknown))
  }

  /// A guest with an interface on a bridge.
  private static func nic(_ more: String, bridge: String = "br0") -> String {
    disk(
      "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='\(bridge)'/>"
        + "<model type='virtio'/>\(more)</interface>")
  }

  private static func image(_ type: String, _ source: String, format: String = "qcow2") -> String {
    disk("<disk type='\(type)'><driver type='\(format)'/>\(source)<target dev='vda'/></disk>")
  }

  private static let volume = image("volume", "<source pool='p' volume='v'/>")

  /// A running guest with these threads' or pages' files.
  private static func process(_ xml: String, _ file: String, _ text: String) -> Snapshot {
    host.with(running: xml, pid: 4242).with("/proc/4242/" + file, text)
  }

  /// Two vCPUs on two nodes.
  private static let wide = [1, 5]
  private static func cells(_ tune: String) -> String {
    "<cpu><numa><cell id='0' cpus='0' memory='2' unit='GiB'/>"
      + "<cell id='1' cpus='1' memory='2' unit='GiB'/></numa></cpu><numatune>\(tune)</numatune>"
  }
  private static let oneCell =
    "<cpu><numa><cell id='0' cpus='0-1' memory='4' unit='GiB'/></numa></cpu>"
  private static func mode(_ attributes: String) -> String {
    "<numatune><memory \(attributes)/></numatune>"
  }

  private static let moved: Snapshot = {
    var moved = host.with(running: PinnedExample.xml([1]), pid: 4242)
      .with("/proc/4242/task/4242/comm", "qemu-system-x86\n")
      .with("/proc/4242/task/4242/status", "Cpus_allowed_list:\t0-15\n")
      .with("/proc/4242/task/4250/comm", "CPU 0/KVM\n")
      .with("/proc/4242/task/4250/status", "Cpus_allowed_list:\t3\n")
    moved.origin = .live
    return moved
  }()

  static let ofDomains: [Case] = [
    Case("cpu.affinity-actual", "a thread of a live host that was moved", moved, "violated"),
    Case(
      "cpu.dedicated-shared", "nobody knows whether it runs", unclear(PinnedExample.xml([1])),
      "unknown: whether it runs"),
    Case(
      "cpu.dedicated-shared", "the host's own CPU", host.with(running: PinnedExample.xml([1])),
      configuration: Configuration(reservedCPUs: [1]), "violated: are reserved for the host"),
    Case(
      "cpu.pin-siblings", "cores of four PUs",
      Snapshot.exampleHost(nodes: 1, coresPerNode: 4, threads: 1)
        .with("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0-3\n")
        .with("/sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "0-3\n")
        .with("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "0-3\n")
        .with("/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "0-3\n")
        .withDomain(PinnedExample.xml([1])), "unknown: has 4 PUs"),
    Case(
      "disk.cow-on-cow", "an image nobody can find",
      host.withDomain(image("vhostuser", "<source path='/s'/>")), under: .db,
      "notApplicable: no qcow2 image of this host"),
    Case(
      "disk.cow-on-cow", "a disk that was not read",
      host.with(
        "/tuned-vm/filesystems.json", "{\"/\":{\"type\":\"ext4\",\"source\":\"/dev/nosuch\"}}"
      )
      .withDomain(image("file", "<source file='/srv/a.qcow2'/>")), under: .db,
      "unknown: holds no '/dev/nosuch'"),
    Case(
      "gpu.driver-bound", "no host to read", elsewhere.withDomain(GPUVFIOIOMMU.guest),
      "unknown: connected elsewhere"),
    Case(
      "gpu.vfio-iommu", "no host to read", elsewhere.withDomain(GPUVFIOIOMMU.guest),
      "unknown: connected elsewhere"),
    Case(
      "mem.hugepages-1g", "the default page is unknown",
      guest(huge, memoryMiB: 16_384).with("/proc/meminfo", "MemTotal: 134217728 kB\n"),
      "unknown: Hugepagesize"),
    Case(
      "mem.hugepages-1g", "what the processor knows is unreadable",
      guest(huge, memoryMiB: 16_384).withUnreadable("/proc/cpuinfo"), "unknown: /proc/cpuinfo"),
    Case(
      "mem.hugepages-actual", "its pages are unreadable",
      host.with(running: DomainXML.example(extra: huge), pid: 4242)
        .withUnreadable("/proc/4242/numa_maps"), "unknown: /proc/4242/numa_maps"),
    Case(
      "mem.hugepages-actual", "it states no memory",
      process(
        unstated.replacing("<os>", with: huge + "<os>"), "numa_maps",
        "7f00 default anon=262144 dirty=262144 N0=262144 kernelpagesize_kB=4\n"),
      "unknown: none is stated"),
    Case(
      "mem.hugepages-backing", "it states no memory", host.withDomain(unstated), under: .db,
      "unknown: states none"),
    Case(
      "mem.hugepages-backing", "large already without being asked",
      process(
        DomainXML.example(memoryMiB: 4096), "smaps",
        "7f00-7fff rw-p 00000000 00:00 0\nSize: 4194304 kB\nRss: 4194304 kB\n"
          + "AnonHugePages: 4194304 kB\n"), under: .db, "violated: in ordinary pages [info]"),
    Case(
      "mem.hugepages-pool", "the default page is unknown",
      guest(huge).with("/proc/meminfo", "MemTotal: 134217728 kB\n"), "unknown: Hugepagesize"),
    Case(
      "mem.hugepages-pool", "no host to read",
      elsewhere.withDomain(
        DomainXML.example(
          extra: "<memoryBacking><hugepages><page size='2' unit='MiB'/></hugepages></memoryBacking>"
        )), "unknown: the host's pools"),
    Case(
      "mem.locked", "a profile that locks nothing", host.withDomain(bare),
      "notApplicable: locks no memory"),
    Case(
      "mig.cache-safe", "storage that keeps caches right",
      host.withDomain(image("network", "<source protocol='rbd' name='a/b'/>", format: "raw")),
      under: .migratable, "notApplicable: its caches agree among hosts"),
    Case(
      "mig.host-passthrough", "no processor is asked for", host.withDomain(bare),
      under: .migratable, "satisfied"),
    Case(
      "mig.storage", "a file without a name", host.withDomain(image("file", "<source/>")),
      under: .migratable, "unknown: no file"),
    Case(
      "mig.storage", "a block device without a name",
      host.withDomain(image("block", "<source/>")), under: .migratable,
      "unknown: no source device"),
    Case(
      "mig.storage", "block devices were not read",
      host.without("/sys/block").withDomain(image("block", "<source dev='/dev/sda'/>")),
      under: .migratable, "unknown: /sys/block"),
    Case(
      "mig.storage", "a block device that is not there",
      host.withDomain(image("block", "<source dev='/dev/nosuch'/>")), under: .migratable,
      "unknown: no such block device was read"),
    Case(
      "mig.storage", "a pool that is not well-formed",
      host.with("/etc/libvirt/storage/p.xml", "<pool").withDomain(volume), under: .migratable,
      "unknown: is not well-formed"),
    Case(
      "net.mtu", "interfaces were not read",
      host.without("/sys/class/net").withDomain(nic("<mtu size='9000'/>")),
      "unknown: /sys/class/net"),
    Case(
      "net.mtu", "a bridge that is not there",
      host.withDomain(nic("<mtu size='9000'/>", bridge: "br77")),
      "unknown: which interface of the host"),
    Case(
      "net.ring-size", "a profile that names no length", host.withDomain(nic("")),
      parameters: false, "satisfied"),
    Case(
      "net.sriov-vf", "no host to read",
      elsewhere.withDomain(
        disk(
          "<interface type='hostdev'><source><address type='pci' domain='0' bus='0x3b' slot='2' "
            + "function='0'/></source></interface>")), "unknown: connected elsewhere"),
    Case(
      "net.sriov-candidate", "a bridge that is not there",
      host.withDomain(nic("", bridge: "br77")), under: .network, "unknown: its uplink"),
    Case(
      "net.sriov-vf", "the host drives another function of its group",
      GPUVFIOIOMMU.host(audio: "snd_hda_intel")
        .withLink("/sys/bus/pci/devices/0000:af:00.0/physfn", "/sys/bus/pci/devices/0000:3b:00.0")
        .withDomain(GPUVFIOIOMMU.guest), "violated: shares its IOMMU group"),
    Case(
      "net.vhost", "no host to read", elsewhere.withDomain(nic("")),
      "unknown: /dev/vhost-net: connected elsewhere"),
    Case(
      "net.vhost", "the module is loaded at the next boot",
      host.without("/dev/vhost-net").with("/etc/modules-load.d/v.conf", "vhost_net\n")
        .withDomain(nic("")), "satisfied"),
    Case(
      "numa.device-locality", "a guest without pins",
      GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest), "notApplicable: no pins"),
    Case(
      "numa.guest-topology", "a guest without pins", host.withDomain(bare),
      "notApplicable: no pins"),
    Case(
      "numa.mem-mode", "only its cells are bound",
      host.withDomain(
        DomainXML.example(extra: cells("<memnode cellid='0' mode='strict' nodeset='0'/>"))),
      "satisfied"),
    Case(
      "numa.mem-mode", "it may slip",
      host.withDomain(DomainXML.example(extra: mode("mode='preferred' nodeset='0'"))),
      "satisfied"),
    Case(
      "numa.memory-binding", "cells with nodes of their own",
      host.with(
        domain: PinnedExample.xml(
          wide,
          extra: cells(
            "<memnode cellid='0' mode='strict' nodeset='0'/>"
              + "<memnode cellid='1' mode='strict' nodeset='1'/>"))),
      "notApplicable: memnodes bind its cells"),
    Case(
      "numa.memory-binding", "a cell that may use more nodes than its vCPUs",
      host.with(
        domain: PinnedExample.xml(
          [1, 2],
          extra: oneCell
            + "<numatune><memnode cellid='0' mode='strict' nodeset='0-1'/></numatune>")),
      "violated: its memory is bound to 0-1 [info]"),
    Case(
      "numa.remote-memory", "no memory yet",
      process(PinnedExample.xml([1, 2]), "numa_maps", "7f00 default file=/lib/x mapped=1 N0=1\n"),
      "unknown: shows no guest memory"),
    Case(
      "numa.vcpu-spread", "it states no memory",
      host.with(
        domain: PinnedExample.xml(wide).replacing(
          "<memory unit='MiB'>4096</memory>", with: "")), "unknown: its memory"),
    Case(
      "sec.emulated-devices", "a USB controller that libvirt added",
      host.withDomain(disk("<controller type='usb' index='0' model='qemu-xhci'/>")),
      under: .secure,
      "violated: a USB controller without devices, code that a guest can attack [info]"),
    Case(
      "size.class", "it states no memory", host.withDomain(unstated),
      "unknown: /domain/memory: is not stated"),
    Case(
      "size.vcpu-over-host", "no host to read", elsewhere.withDomain(bare),
      "unknown: connected elsewhere"),
    Case(
      "size.vcpu-over-node", "no host to read", elsewhere.withDomain(bare),
      "unknown: connected elsewhere"),
  ]
}
