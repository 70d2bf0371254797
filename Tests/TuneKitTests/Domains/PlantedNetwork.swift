// Planted faults: network interfaces (rules.md §8).

@testable import TuneKit

extension PlantedFault {
  static let network: [PlantedFault] = [
    // net.model
    .edit(
      "general-virt-manager", "net.model", "web1/52:54:00:10:00:01",
      "<model type='virtio'/>\n      <driver name='vhost' queues='4'/>", "<model type='e1000e'/>"),
    .edit(
      "general-virt-manager", "net.model", "web1/52:54:00:10:00:01",
      "<model type='virtio'/>\n      <driver name='vhost' queues='4'/>", ""),
    .edit(
      "db", "net.model", "db1/52:54:00:10:00:11",
      "<model type='virtio'/>\n      <driver name='vhost' queues='8'/>", "<model type='e1000'/>"),
    .edit(
      "throughput", "net.model", "batch1/52:54:00:10:00:19",
      "<model type='virtio-transitional'/>\n      <driver name='vhost' queues='8' rx_queue_size='1024'/>",
      "<model type='rtl8139'/>"),
    .edit(
      "secure", "net.model", "vault/52:54:00:10:00:18",
      "<model type='virtio'/>\n      <driver name='vhost' queues='2'/>", "<model type='e1000'/>"),
    .edit(
      "general-ppc", "net.model", "ppc/52:54:00:10:00:33",
      "<model type='virtio'/>\n      <driver queues='2'/>", ""),
    // net.vhost
    .edit(
      "general-virt-manager", "net.vhost", "web1/52:54:00:10:00:01", "name='vhost' queues",
      "name='qemu' queues"),
    .edit(
      "hpc", "net.vhost", "sim1/52:54:00:10:00:13", "name='vhost' queues", "name='qemu' queues"),
    .host("general-windows", "net.vhost", "win2022/52:54:00:10:00:02", runs: false) {
      $0.withDirectory("/dev", ["kvm", "null"]).without("/proc/misc")
    },
    .edit(
      "general-kubevirt", "net.vhost", "prod_payments/02:42:10:00:00:05", "name='vhost' queues",
      "name='qemu' queues"),
    // net.multiqueue
    .edit(
      "general-virt-manager", "net.multiqueue", "web1/52:54:00:10:00:01", " queues='4'/>", "/>"),
    .edit(
      "general-windows", "net.multiqueue", "win2022/52:54:00:10:00:02", " queues='8'/>",
      " queues='4'/>"),
    .edit("db", "net.multiqueue", "db1/52:54:00:10:00:11", "<driver name='vhost' queues='8'/>", ""),
    .edit("secure", "net.multiqueue", "vault/52:54:00:10:00:18", " queues='2'/>", "/>"),
    .edit(
      "migratable", "net.multiqueue", "erp1/interface1", "<driver name='vhost' queues='4'/>",
      ""),
    .edit(
      "network", "net.multiqueue", "fw1/52:54:00:10:00:14", "queues='4' rx_queue_size='1024' tx",
      "queues='2' rx_queue_size='1024' tx"),
    .edit(
      "general-virt-manager", "net.multiqueue", "web1/52:54:00:10:00:01", "queues='4'",
      "queues='12'"),
    .edit(
      "general-wide", "net.multiqueue", "wide/52:54:00:10:00:07", " queues='8'/>", " queues='2'/>"),
    // net.ring-size
    .edit(
      "network", "net.ring-size", "fw1/52:54:00:10:00:15", "rx_queue_size='1024'/>",
      "rx_queue_size='512'/>"),
    .edit(
      "network", "net.ring-size", "fw1/52:54:00:10:00:14",
      "rx_queue_size='1024' tx_queue_size='1024'", "tx_queue_size='1024'"),
    .edit("throughput", "net.ring-size", "batch1/52:54:00:10:00:19", " rx_queue_size='1024'", ""),
    .edit(
      "general-virt-manager", "net.ring-size", "web1/52:54:00:10:00:01", "queues='4'",
      "queues='4' tx_queue_size='1024'"),
    // net.mtu
    .edit(
      "general-windows", "net.mtu", "win2022/52:54:00:10:00:02", "<model type='virtio'/>",
      "<model type='virtio'/><mtu size='9000'/>"),
    .edit(
      "general-wide", "net.mtu", "wide/52:54:00:10:00:07", "<model type='virtio'/>",
      "<model type='virtio'/><mtu size='9000'/>"),
    .edit(
      "general-terraform", "net.mtu", "worker-0/52:54:00:10:00:06", "<driver queues=\"2\"/>",
      "<driver queues=\"2\"/><mtu size=\"4000\"/>"),
    // net.sriov-candidate
    .edit(
      "network", "net.sriov-candidate", "fw1/52:54:00:10:00:15", "bridge='br1'", "bridge='br0'"),
    .edit(
      "latency", "net.sriov-candidate", "rt1/52:54:00:10:00:12",
      "<interface type='hostdev' managed='yes'>", "<interface type='bridge'>"
    ).and(
      "<source>\n        <address type='pci' domain='0x0000' bus='0x3b' slot='0x02' function='0x1'/>\n      </source>",
      "<source bridge='br0'/><model type='virtio'/>"),
    // net.sriov-vf
    .edit(
      "latency", "net.sriov-vf", "rt1/52:54:00:10:00:12", "slot='0x02' function='0x1'",
      "slot='0x05' function='0x1'"),
    .host("latency", "net.sriov-vf", "rt1/52:54:00:10:00:12") {
      $0.beside("migratable", ("slot='0x02' function='0x0'", "slot='0x02' function='0x1'"))
    },
    .edit(
      "migratable", "net.sriov-vf", "erp1/interface2", "slot='0x02' function='0x0'",
      "slot='0x02' function='0x7'"),
    .host("latency", "net.sriov-vf", "rt1/52:54:00:10:00:12", runs: false) {
      $0.with("/sys/bus/pci/devices/0000:3b:02.2/class", "0x020000\n")
        .withLink("/sys/bus/pci/devices/0000:3b:02.2/iommu_group", "/sys/kernel/iommu_groups/51")
        .withLink("/sys/bus/pci/devices/0000:3b:02.2/driver", "/sys/bus/pci/drivers/iavf")
    },
  ]
}
