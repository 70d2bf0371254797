// Planted faults: disks (rules.md §7).

@testable import TuneKit

extension PlantedFault {
  private static let web = "cache='none' io='native' discard='unmap' iothread='1'/>"
  private static let second =
    "<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none' io='native' "
    + "iothread='2'/><source file='/var/lib/libvirt/images/fw1.raw'/><target dev='vdc' bus='virtio'/>"
    + "</disk>"

  static let disks: [PlantedFault] = [
    // disk.bus
    .edit(
      "general-virt-manager", "disk.bus", "web1/sdb", "<target dev='vda' bus='virtio'/>",
      "<target dev='sdb' bus='sata'/>"),
    .edit(
      "general-virt-manager", "disk.bus", "web1/hdb", "<target dev='vda' bus='virtio'/>",
      "<target dev='hdb' bus='ide'/>"),
    .edit(
      "db", "disk.bus", "db1/sdb", "<target dev='vdb' bus='virtio'/>",
      "<target dev='sdb' bus='sata'/>"
    )
    .and(" iothread='2'/>", "/>"),
    .edit("throughput", "disk.bus", "batch1/sda", "model='virtio-scsi'", "model='lsilogic'"),
    .edit("throughput", "disk.bus", "batch1/sdb", "model='virtio-scsi'", "model='lsisas1068'"),
    .edit(
      "general-ovirt", "disk.bus", "app2/sda", "index='0' model='virtio-scsi'",
      "index='0' model='lsilogic'"),
    .edit(
      "latency", "disk.bus", "rt1/sda", "<target dev='vda' bus='virtio'/>",
      "<target dev='sda' bus='usb'/>"
    )
    .and(" iothread='1'/>", "/>"),
    .edit(
      "throughput", "disk.bus", "batch1/sda",
      "<controller type='scsi' index='0' model='virtio-scsi'>\n      <driver queues='8' iothread='3'/>\n    </controller>",
      ""),
    // disk.format
    .edit(
      "db", "disk.format", "db1/vdb", "type='raw' cache='none' io='native' iothread='2'",
      "type='qcow2' cache='none' io='native' iothread='2'"),
    .edit("latency", "disk.format", "rt1/vda", "type='raw'", "type='qcow2'"),
    .edit("general-virt-manager", "disk.format", "web1/vda", "type='qcow2'", "type='vmdk'"),
    .edit(
      "throughput", "disk.format", "batch1/sda",
      "type='raw' cache='none' io='native' discard='unmap'/>\n      <source dev='/dev/vg0/batch1'/>",
      "type='vdi' cache='none' io='native' discard='unmap'/>\n      <source dev='/dev/vg0/batch1'/>"
    ),
    // disk.cache-mode
    .edit(
      "general-virt-manager", "disk.cache-mode", "web1/vda", web,
      "io='threads' discard='unmap' iothread='1'/>"),
    .edit(
      "general-virt-manager", "disk.cache-mode", "web1/vda", web,
      "cache='writethrough' discard='unmap' iothread='1'/>"),
    .edit("desktop", "disk.cache-mode", "pc7/vda", "cache='writeback'", "cache='unsafe'"),
    .edit(
      "db", "disk.cache-mode", "db1/vdb", "cache='none' io='native' iothread='2'",
      "cache='writeback' iothread='2'"),
    .edit("secure", "disk.cache-mode", "vault/vda", "cache='none' io='native'", "cache='default'"),
    .edit(
      "general-terraform", "disk.cache-mode", "worker-0/vda", "cache=\"none\" io=\"native\"",
      "cache=\"writeback\""),
    .edit(
      "general-kubevirt", "disk.cache-mode", "prod_payments/vda",
      "cache='none' error_policy='stop' io='native'", "cache='directsync' io='native'"),
    // disk.io-mode
    .edit(
      "db", "disk.io-mode", "db1/vdb", "cache='none' io='native' iothread='2'",
      "cache='none' iothread='2'"),
    .edit(
      "db", "disk.io-mode", "db1/vda", "io='native' discard='unmap' iothread='1'",
      "io='threads' discard='unmap' iothread='1'"),
    .edit(
      "general-virt-manager", "disk.io-mode", "web1/vda", "cache='none' io='native'",
      "cache='writeback' io='native'"),
    .edit(
      "general-windows", "disk.io-mode", "win2022/vda", "cache='none' io='native'", "io='native'"),
    .edit(
      "throughput", "disk.io-mode", "batch1/sda",
      "io='native' discard='unmap'/>\n      <source dev='/dev/vg0/batch1'/>",
      "discard='unmap'/>\n      <source dev='/dev/vg0/batch1'/>"),
    .edit("general-wide", "disk.io-mode", "wide/vda", "io='io_uring'", "io='threads'"),
    // disk.iothread
    .edit("db", "disk.iothread", "db1/vda", " iothread='1' queues='8'", " queues='8'"),
    .edit("db", "disk.iothread", "db1/vdb", "io='native' iothread='2'", "io='native' iothread='1'"),
    .edit("db", "disk.iothread", "db1/vdb", "io='native' iothread='2'", "io='native' iothread='5'"),
    .edit("latency", "disk.iothread", "rt1/vda", "io='native' iothread='1'", "io='native'"),
    .edit("throughput", "disk.iothread", "batch1/scsi0", "queues='8' iothread='3'", "queues='8'"),
    .edit(
      "throughput", "disk.iothread", "batch1/scsi0", "<iothread id='3'/>", "<iothread id='2'/>"),
    .edit("general-ovirt", "disk.iothread", "app2/scsi0", " iothread='1'/>", "/>"),
    // disk.queues
    .edit(
      "db", "disk.queues", "db1/vda", "queues='8'/>\n      <source dev",
      "queues='1'/>\n      <source dev"),
    .edit("db", "disk.queues", "db1/vdb", "pc-q35-7.2", "pc-q35-5.1"),
    .edit(
      "throughput", "disk.queues", "batch1/scsi0", "<driver queues='8' iothread='3'/>",
      "<driver queues='1' iothread='3'/>"),
    .edit(
      "general-virt-manager", "disk.queues", "web1/vda", "iothread='1'/>",
      "iothread='1' queues='16'/>"),
    .edit("general-ovirt", "disk.queues", "app2/scsi0", "queues='4'", "queues='32'"),
    // disk.discard
    .edit("general-virt-manager", "disk.discard", "web1/vda", " discard='unmap'", ""),
    .edit(
      "general-terraform", "disk.discard", "worker-0/vda", " discard=\"unmap\"",
      " discard=\"ignore\""),
    .edit("general-nova", "disk.discard", "instance-0000002a/vda", " discard='unmap'", ""),
    .host("general-windows", "disk.discard", "win2022/vda", runs: false) {
      $0.with("/sys/block/dm-9/dm/name", "vg0-thin-tpool\n")
        .withDirectory("/sys/block/dm-0/slaves", ["dm-9"])
        .withDirectory("/sys/block/dm-9/slaves", ["sda2"])
    },
    // disk.backing-chain
    .edit(
      "general-virt-manager", "disk.backing-chain", "web1/vda", "<target dev='vda'",
      store(5) + "<target dev='vda'"),
    .edit(
      "general-virt-manager", "disk.backing-chain", "web1/vda", "<target dev='vda'",
      store(12) + "<target dev='vda'"),
    .host("general-virt-manager", "disk.backing-chain", "web1/vda", runs: false) {
      $0.with(
        "/tuned-vm/images.json",
        #"{"/var/lib/libvirt/images/web1.qcow2":{"format":"qcow2","backingFile":"b","backingPath":"/b"},"#
          + #""/b":{"format":"qcow2","backingFile":"c","backingPath":"/c"},"#
          + #""/c":{"format":"qcow2","backingFile":"b","backingPath":"/b"}}"#)
    },
    // disk.qcow2-l2
    .host("general-virt-manager", "disk.qcow2-l2", "web1/vda", runs: false) {
      $0.with(
        "/tuned-vm/images.json",
        #"{"/var/lib/libvirt/images/web1.qcow2":{"format":"qcow2","virtualBytes":1099511627776,"#
          + #""allocatedBytes":1,"clusterBytes":65536}}"#)
    },
    // disk.cow-on-cow
    .edit(
      "throughput", "disk.cow-on-cow", "batch1/sda",
      "<disk type='block' device='disk'>\n      <driver name='qemu' type='raw' cache='none' io='native' discard='unmap'/>\n      <source dev='/dev/vg0/batch1'/>",
      "<disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2' cache='none' io='native' discard='unmap'/>\n      <source file='/tank/b.qcow2'/>"
    )
    .on { $0.with("/tuned-vm/filesystems.json", #"{"/tank":{"type":"zfs"}}"#) },
    // disk.block-size
    .edit(
      "db", "disk.block-size", "db1/vda",
      "<blockio logical_block_size='512' physical_block_size='4096'/>", ""),
    .edit("hpc", "disk.block-size", "sim1/vda", "<blockio physical_block_size='4096'/>", "")
      .on { $0.with("/sys/block/dm-2/queue/physical_block_size", "4096\n") },
  ]

  private static func store(_ layers: Int) -> String {
    (0..<layers).reduce("<backingStore/>") { inner, layer in
      "<backingStore type='file'><format type='qcow2'/><source file='/b\(layer)'/>\(inner)</backingStore>"
    }
  }

  /// A change of the host beside the edit.
  func on(_ change: @escaping @Sendable (Snapshot) -> Snapshot) -> PlantedFault {
    var copy = self
    copy.host = change
    return copy
  }
}
