// Disks, network cards and PCI devices of an example host.

enum ExampleDevices {
  static func files(_ shape: ExampleShape) -> [(String, String)] {
    let far = shape.nodes > 1 ? 1 : 0
    return nvme(node: far)
      + disk("sda", rotational: 0, vendor: "ATA", model: "SAMSUNG MZ7LH960")
      + disk("sdb", rotational: 1, vendor: "ATA", model: "ST4000NM0035")
      + card() + bridge()
      + pci("0000:00:17.0", "0x010601", "0x8086", "0xa182", node: 0)
      + pci("0000:3b:00.0", "0x020000", "0x8086", "0x1572", node: 0)
      + pci("0000:5e:00.0", "0x010802", "0x144d", "0xa808", node: far)
      + [
        ("/proc/interrupts", interrupts(shape)), ("/proc/irq/default_smp_affinity", "ff\n"),
        ("/proc/irq/120/smp_affinity_list", "0\n"),
        ("/proc/irq/120/effective_affinity_list", "0\n"),
        ("/tuned-vm/ethtool.json", ethtool),
      ]
  }

  private static let nvmeBDF = "0000:5e:00.0"
  private static let sataPath =
    "/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0"

  static let links: [(String, String)] = [
    ("/sys/block/nvme0n1", "/sys/devices/pci0000:5d/0000:5d:00.0/0000:5e:00.0/nvme/nvme0/nvme0n1"),
    ("/sys/block/sda", sataPath + "/block/sda"),
    (
      "/sys/block/sdb",
      "/sys/devices/pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0/block/sdb"
    ),
    ("/sys/block/sda/device/driver", "/sys/bus/scsi/drivers/sd"),
    ("/sys/block/sdb/device/driver", "/sys/bus/scsi/drivers/sd"),
    ("/sys/class/net/eno1", "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/net/eno1"),
    ("/sys/class/net/eno1/device", "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0"),
    ("/sys/class/net/eno1/device/driver", "/sys/bus/pci/drivers/i40e"),
    ("/sys/class/net/eno1/master", "/sys/devices/virtual/net/br0"),
    ("/sys/class/net/br0", "/sys/devices/virtual/net/br0"),
    ("/sys/bus/pci/devices/0000:00:17.0", "/sys/devices/pci0000:00/0000:00:17.0"),
    ("/sys/bus/pci/devices/0000:00:17.0/driver", "/sys/bus/pci/drivers/ahci"),
    ("/sys/bus/pci/devices/0000:00:17.0/iommu_group", "/sys/kernel/iommu_groups/0"),
    ("/sys/bus/pci/devices/0000:3b:00.0", "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0"),
    ("/sys/bus/pci/devices/0000:3b:00.0/driver", "/sys/bus/pci/drivers/i40e"),
    ("/sys/bus/pci/devices/0000:3b:00.0/iommu_group", "/sys/kernel/iommu_groups/1"),
    ("/sys/bus/pci/devices/0000:5e:00.0", "/sys/devices/pci0000:5d/0000:5d:00.0/0000:5e:00.0"),
    ("/sys/bus/pci/devices/0000:5e:00.0/driver", "/sys/bus/pci/drivers/nvme"),
    ("/sys/bus/pci/devices/0000:5e:00.0/iommu_group", "/sys/kernel/iommu_groups/2"),
    ("/sys/kernel/iommu_groups/0/devices/0000:00:17.0", "/sys/devices/pci0000:00/0000:00:17.0"),
    (
      "/sys/kernel/iommu_groups/1/devices/0000:3b:00.0",
      "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0"
    ),
    (
      "/sys/kernel/iommu_groups/2/devices/0000:5e:00.0",
      "/sys/devices/pci0000:5d/0000:5d:00.0/0000:5e:00.0"
    ),
  ]

  private static func queue(
    _ name: String, scheduler: String, rotational: Int, hardwareQueues: Int
  ) -> [(String, String)] {
    let base = "/sys/block/\(name)"
    return [
      (base + "/size", "1953525168\n"), (base + "/ro", "0\n"), (base + "/removable", "0\n"),
      (base + "/queue/scheduler", scheduler + "\n"),
      (base + "/queue/rotational", "\(rotational)\n"), (base + "/queue/read_ahead_kb", "128\n"),
      (base + "/queue/nr_requests", "256\n"), (base + "/queue/logical_block_size", "512\n"),
      (base + "/queue/physical_block_size", "4096\n"),
      (base + "/queue/nr_hw_queues", "\(hardwareQueues)\n"),
    ]
  }

  private static func nvme(node: Int) -> [(String, String)] {
    queue("nvme0n1", scheduler: "[none] mq-deadline kyber", rotational: 0, hardwareQueues: 16) + [
      ("/sys/block/nvme0n1/device/model", "SAMSUNG MZQLB1T9HAJR\n"),
      ("/sys/block/nvme0n1/device/numa_node", "\(node)\n"),
      ("/sys/block/nvme0n1/device/transport", "pcie\n"),
    ]
  }

  private static func disk(
    _ name: String, rotational: Int, vendor: String, model: String
  ) -> [(String, String)] {
    queue(name, scheduler: "[mq-deadline] none bfq", rotational: rotational, hardwareQueues: 1) + [
      ("/sys/block/\(name)/device/vendor", vendor + "\n"),
      ("/sys/block/\(name)/device/model", model + "\n"),
    ]
  }

  private static func card() -> [(String, String)] {
    let base = "/sys/class/net/eno1"
    let statistics = [
      "rx_dropped", "tx_dropped", "rx_missed_errors", "rx_errors", "tx_errors", "rx_packets",
      "tx_packets",
    ].map { ("\(base)/statistics/\($0)", "0\n") }
    return statistics + [
      (base + "/type", "1\n"), (base + "/flags", "0x1103\n"), (base + "/operstate", "up\n"),
      (base + "/speed", "10000\n"), (base + "/mtu", "1500\n"),
      (base + "/address", "3c:fd:fe:00:00:01\n"), (base + "/ifindex", "2\n"),
      (base + "/device/sriov_totalvfs", "64\n"), (base + "/device/sriov_numvfs", "0\n"),
      (base + "/device/numa_node", "0\n"), (base + "/queues/rx-0/rps_cpus", "0\n"),
      (base + "/queues/tx-0/xps_cpus", "0\n"),
    ]
  }

  private static func bridge() -> [(String, String)] {
    let base = "/sys/class/net/br0"
    return [
      (base + "/type", "1\n"), (base + "/flags", "0x1003\n"), (base + "/operstate", "up\n"),
      (base + "/speed", "10000\n"), (base + "/mtu", "1500\n"),
      (base + "/address", "3c:fd:fe:00:00:01\n"), (base + "/ifindex", "3\n"),
      (base + "/bridge/vlan_filtering", "0\n"), (base + "/uevent", "DEVTYPE=bridge\n"),
      (
        "/proc/net/route",
        """
        Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
        br0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0

        """
      ),
    ]
  }

  private static func pci(
    _ address: String, _ kind: String, _ vendor: String, _ device: String, node: Int
  ) -> [(String, String)] {
    let base = "/sys/bus/pci/devices/\(address)"
    return [
      (base + "/class", kind + "\n"), (base + "/vendor", vendor + "\n"),
      (base + "/device", device + "\n"), (base + "/numa_node", "\(node)\n"),
    ]
  }

  private static func interrupts(_ shape: ExampleShape) -> String {
    let head = (0..<shape.pus).map { "CPU\($0)" }.joined(separator: "       ")
    let zeros = [String](repeating: "0", count: max(shape.pus - 1, 0)).joined(
      separator: "          ")
    return """
                 \(head)
       120:       1000 \(zeros)   PCI-MSI 30932992-edge      i40e-eno1-TxRx-0
       LOC:       5000 \(zeros)   Local timer interrupts

      """
  }

  private static let ethtool = """
    {"eno1":{"channels":{"combined":{"current":8,"max":8}},\
    "rings":{"rx":{"current":4096,"max":4096},"tx":{"current":512,"max":4096}},\
    "features":{"tx-udp_tnl-segmentation":true}}}

    """
}
