// Faults of disks and cards.

@testable import TuneKit

extension HostFault {
  // MARK: - Storage

  private static func disk(_ name: String) -> Subject { Subject(.blockDevice, name) }

  private static func scheduler(
    _ device: String, _ text: String, _ rule: String, under families: [ProfileFamily]
  ) -> HostFault {
    HostFault("\(device): \(text)", rule, on: disk(device), under: families) {
      $0.with("/sys/block/\(device)/queue/scheduler", text + "\n")
    }
  }

  static let storage: [HostFault] = schedulers + pools

  private static let schedulers: [HostFault] =
    [
      scheduler(
        "nvme0n1", "none [mq-deadline] kyber", "io.scheduler-nvme", under: ProfileFamily.allCases),
      scheduler("nvme0n1", "none [bfq]", "io.scheduler-nvme", under: ProfileFamily.allCases),
      scheduler("nvme0n1", "noop [deadline] none", "io.scheduler-nvme", under: [.general, .db]),
      scheduler("sda", "[none] mq-deadline", "io.scheduler-ssd", under: ProfileFamily.allCases),
      scheduler("sda", "mq-deadline none [bfq]", "io.scheduler-ssd", under: [.db, .throughput]),
      scheduler("sda", "[noop] deadline cfq", "io.scheduler-ssd", under: [.general]),
      scheduler("sdb", "[none] mq-deadline", "io.scheduler-hdd", under: ProfileFamily.allCases),
      scheduler("sdb", "[kyber] mq-deadline", "io.scheduler-hdd", under: ProfileFamily.allCases),
    ]

  private static let pools: [HostFault] = [
    HostFault("a full thin pool", "disk.thin-capacity") {
      $0.with(
        "/tuned-vm/lvm.json",
        #"{"thinPools":[{"name":"vg0-pool","dataPercent":97.5,"metadataPercent":12}],"#
          + #""snapshots":[]}"#)
    },
    HostFault("full metadata", "disk.thin-capacity") {
      $0.with(
        "/tuned-vm/lvm.json",
        #"{"thinPools":[{"name":"vg0-pool","dataPercent":20,"metadataPercent":85}],"#
          + #""snapshots":[]}"#)
    },
    HostFault("a snapshot runs full", "lvm.snapshot-cow") {
      $0.with(
        "/tuned-vm/lvm.json", #"{"thinPools":[],"snapshots":[{"name":"vg0-a","percent":90}]}"#)
    },
    HostFault(
      "short read-ahead", "io.readahead", on: disk("sdb"), under: [.throughput, .hpc],
      also: ["disk.cache-mode", "disk.iothread", "disk.io-mode"]
    ) { host in
      host.withDomain(
        DomainXML.example(
          name: "buffered", vcpus: 1, memoryMiB: 512, system: DomainXML.linux,
          extra: "<cputune><vcpupin vcpu='0' cpuset='2'/><emulatorpin cpuset='0'/></cputune>"
            + "<numatune><memory mode='strict' nodeset='0'/></numatune>"
            + "<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>",
          devices: SettingTable.bufferedDisk + "<memballoon model='none'/>"))
    },
  ]

  // MARK: - Network

  private static let card = Subject(.netInterface, "eno1")

  private static func ethtool(_ host: Snapshot, _ text: String) -> Snapshot {
    host.with("/tuned-vm/ethtool.json", "{\"eno1\":{\(text)}}")
  }

  static let network: [HostFault] = [
    HostFault("two queues of eight", "net.host-nic-queues", on: card) {
      ethtool($0, #""channels":{"combined":{"current":2,"max":64}}"#)
    },
    HostFault("a short ring that misses packets", "net.host-nic-rings", on: card) {
      ethtool($0, #""rings":{"rx":{"current":512,"max":4096}}"#)
        .with("/sys/class/net/eno1/statistics/rx_missed_errors", "4711\n")
    },
    HostFault("filtered bridges", "net.bridge-netfilter") {
      $0.with("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n")
    },
    HostFault("sleeping readers", "net.sysctl", under: [.network]) {
      $0.with("/proc/sys/net/core/busy_poll", "0\n")
    },
    HostFault("a short accept queue", "net.sysctl", under: [.network, .throughput]) {
      $0.with("/proc/sys/net/core/somaxconn", "128\n")
    },
    HostFault("small windows", "net.sysctl", under: [.network, .throughput]) {
      $0.with("/proc/sys/net/ipv4/tcp_rmem", "4096 131072 6291456\n")
    },
    HostFault("members of a bridge differ", "net.mtu", on: Subject(.netInterface, "br0")) {
      $0.with("/sys/class/net/vnet0/mtu", "9000\n")
        .withLink("/sys/class/net/vnet0/master", "/sys/class/net/br0")
    },
    HostFault(
      "a tunnel without room", "net.mtu", on: Subject(.netInterface, "vxlan7")
    ) {
      $0.with("/sys/class/net/vxlan7/uevent", "DEVTYPE=vxlan\n")
        .with("/sys/class/net/vxlan7/mtu", "1500\n")
        .withLink("/sys/class/net/vxlan7/lower_eno1", "/sys/class/net/eno1")
    },
    HostFault("tunnels cut by the CPU", "net.vxlan-offload", on: card) {
      ethtool($0, #""features":{"tx-udp_tnl-segmentation":false}"#)
        .with("/sys/class/net/vxlan7/uevent", "DEVTYPE=vxlan\n")
        .with("/sys/class/net/vxlan7/mtu", "1450\n")
        .withLink("/sys/class/net/vxlan7/lower_eno1", "/sys/class/net/eno1")
    },
    HostFault("the kernel's datapath", "net.ovs", under: [.network]) {
      $0.with(
        "/tuned-vm/ovs.json",
        #"{"Open_vSwitch":[{"other_config":["map",[]]}],"Bridge":[{"name":"br-int","#
          + #""datapath_type":""}],"Port":[],"Interface":[]}"#)
    },
    HostFault("polling on a guest's CPU", "net.ovs", under: [.network]) {
      $0.with(
        "/tuned-vm/ovs.json",
        #"{"Open_vSwitch":[{"other_config":["map",[["pmd-cpu-mask","404"]]]}],"#
          + #""Bridge":[{"name":"br-int","datapath_type":"netdev"}],"Port":[],"Interface":[]}"#)
    },
  ]
}
