// Planted faults: security, migration, nesting, GPUs, actual state (rules.md §9, §10, annex h).

@testable import TuneKit

extension PlantedFault {
  private static func task(_ host: Snapshot, _ threads: [(Int, String, String)]) -> Snapshot {
    threads.reduce(host) { host, thread in
      host.with("/proc/4242/task/\(thread.0)/comm", thread.1 + "\n")
        .with("/proc/4242/task/\(thread.0)/status", "Cpus_allowed_list:\t\(thread.2)\n")
    }
  }
  private static let nested: @Sendable (Snapshot) -> Snapshot = {
    $0.with("/sys/module/kvm_intel/parameters/nested", "Y\n")
  }
  private static let hidden = "<feature policy='disable' name='vmx'/>"

  static let platform: [PlantedFault] = [
    // sec.emulated-devices
    .edit(
      "secure", "sec.emulated-devices", "vault/fda", "<tpm model",
      "<disk type='file' device='floppy'><source file='/f.img'/><target dev='fda' bus='fdc'/></disk><tpm model"
    ),
    .edit(
      "secure", "sec.emulated-devices", "vault/sound1", "<tpm model",
      "<sound model='ich9'/><tpm model"),
    .edit(
      "secure", "sec.emulated-devices", "vault/video2", "<tpm model",
      "<video><model type='virtio'/></video><video><model type='qxl'/></video><tpm model"),
    .edit(
      "secure", "sec.emulated-devices", "vault/parallel1", "<tpm model",
      "<parallel type='pty'/><tpm model"),
    .edit(
      "general-virt-manager", "sec.emulated-devices", "web1/fda", "<rng model",
      "<disk type='file' device='floppy'><target dev='fda'/></disk><rng model"),
    // sec.svirt, sec.vnc
    .edit("secure", "sec.svirt", "vault", "<devices>", "<seclabel type='none'/><devices>"),
    .edit(
      "general-virt-manager", "sec.svirt", "web1", "<devices>",
      "<seclabel type='none' model='apparmor'/><devices>"),
    .edit(
      "general-virt-manager", "sec.vnc", "web1/graphics1", "<listen type='address'/>",
      "<listen type='address' address='0.0.0.0'/>"),
    .edit(
      "general-windows", "sec.vnc", "win2022/graphics1",
      "autoport='yes' listen='127.0.0.1'>\n      <listen type='address' address='127.0.0.1'/>",
      "autoport='yes' listen='::'>"),
    .edit("general-ovirt", "sec.vnc", "app2/graphics1", " passwd='********'", ""),
    // sec.nested-exposed
    .edit("secure", "sec.nested-exposed", "vault", hidden, "").on(nested),
    .edit("secure", "sec.nested-exposed", "vault", hidden, "<feature policy='require' name='vmx'/>")
      .on(nested),
    // sec.confidential, sec.confidential-conflict
    .edit(
      "sev", "sec.confidential", "sealed",
      "<launchSecurity type='sev'>\n    <cbitpos>47</cbitpos>\n    <reducedPhysBits>1</reducedPhysBits>\n    <policy>0x0003</policy>\n  </launchSecurity>",
      ""
    ).on { $0.with("/sys/module/kvm_amd/parameters/sev", "Y\n") },
    .edit(
      "sev", "sec.confidential-conflict", "sealed",
      "<memtune>\n    <hard_limit unit='KiB'>5242880</hard_limit>\n  </memtune>", ""),
    .edit("sev", "sec.confidential-conflict", "sealed", "queues='2' iommu='on'", "queues='2'"),
    .edit("sev", "sec.confidential-conflict", "sealed", "io='native' iommu='on'", "io='native'"),
    .edit("sev", "sec.confidential-conflict", "sealed", "<memballoon model='none'/>", ""),
    .edit("sev", "sec.confidential-conflict", "sealed", "pc-q35-7.2", "pc-i440fx-7.2"),
    .edit(
      "sev", "sec.confidential-conflict", "sealed",
      "<loader readonly='yes' type='rom' stateless='yes'>/usr/share/OVMF/OVMF.amdsev.fd</loader>",
      ""),
    // mig.*
    .edit(
      "migratable", "mig.host-passthrough", "erp1",
      "<cpu mode='custom' match='exact' check='partial'>\n    <model fallback='forbid'>Cascadelake-Server</model>",
      "<cpu mode='host-passthrough'>"),
    .edit(
      "migratable", "mig.host-passthrough", "erp1",
      "<cpu mode='custom' match='exact' check='partial'>\n    <model fallback='forbid'>Cascadelake-Server</model>",
      "<cpu mode='maximum'>"),
    .edit(
      "migratable", "mig.invtsc", "erp1", hidden,
      hidden + "<feature policy='require' name='invtsc'/>"),
    .edit(
      "migratable", "mig.device", "erp1/interface2",
      "<teaming type='transient' persistent='ua-backup0'/>", ""),
    .edit(
      "migratable", "mig.device", "erp1/hostdev1", "<memballoon",
      "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev><memballoon"
    ),
    .edit(
      "migratable", "mig.device", "erp1/filesystem1", "<memballoon",
      "<filesystem type='mount'><source dir='/srv'/><target dir='srv'/></filesystem><memballoon"),
    .edit(
      "migratable", "mig.device", "erp1/sda",
      "<driver name='qemu' type='raw'/>\n      <target dev='sda'",
      "<driver name='qemu' type='raw'/><source file='/var/lib/libvirt/images/a.iso'/>\n      <target dev='sda'"
    ),
    .edit(
      "migratable", "mig.device", "erp1/tpm1", "<memballoon",
      "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm><memballoon"),
    .edit(
      "migratable", "mig.storage", "erp1/vda", "/srv/nfs/erp1.raw",
      "/var/lib/libvirt/images/fw1.raw"),
    .edit(
      "migratable", "mig.cache-safe", "erp1/vda", "cache='none' io='native'", "cache='writeback'"
    )
    .on { $0.with("/tuned-vm/versions.json", "{\"hypervisor\":4001000}\n") },
    // nest.*
    .edit(
      "general-virt-manager", "nest.cpu-feature", "web1", "<libosinfo:libosinfo xmlns",
      "<v:role xmlns:v='https://tuned-vm.org/domain/1'>hypervisor</v:role><libosinfo:libosinfo xmlns"
    ),
    .edit("migratable", "nest.migration", "erp1", hidden, "<feature policy='require' name='vmx'/>")
      .on(nested),
    // gpu.*
    .host("gpu", "gpu.vfio-iommu", "train1/0000:af:00.0", runs: false) {
      $0.with("/sys/bus/pci/devices/0000:af:00.1/class", "0x040300\n")
        .withLink("/sys/bus/pci/devices/0000:af:00.1/iommu_group", "/sys/kernel/iommu_groups/60")
        .withLink("/sys/bus/pci/devices/0000:af:00.1/driver", "/sys/bus/pci/drivers/snd_hda_intel")
    },
    .host("gpu", "gpu.vfio-iommu", "train1/0000:af:00.0", runs: false) {
      $0.without("/sys/kernel/iommu_groups").withDirectory("/sys/kernel/iommu_groups", [])
    },
    .edit("gpu", "gpu.guest-shape", "train1", "<memballoon model='none'/>", ""),
    .edit("gpu", "gpu.guest-shape", "train1", "<os firmware='efi'>", "<os>"),
    .host("gpu", "gpu.driver-bound", "train1/0000:af:00.0", runs: false) {
      $0.with("/sys/bus/pci/devices/0000:af:00.0/boot_vga", "1\n")
    },
    .edit(
      "desktop", "gpu.mode-fit", "pc7", "<memballoon",
      "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0xaf' slot='0x00' function='0x0'/></source></hostdev><memballoon"
    )
    .and("<currentMemory unit='GiB'>6</currentMemory>", ""),
    // actual state
    .host("db", "cpu.affinity-actual", "db1") {
      task($0, [(4242, "qemu-system-x86", "16,48"), (4250, "CPU 0/KVM", "0-63")])
    },
    .host("latency", "cpu.affinity-actual", "rt1") {
      task(
        $0,
        [(4242, "qemu-system-x86", "0,32"), (4250, "CPU 0/KVM", "4"), (4251, "IO iothread1", "9")])
    },
    .host("network", "cpu.affinity-actual", "fw1") {
      task($0, [(4242, "qemu-system-x86", "0-63"), (4250, "CPU 0/KVM", "12")])
    },
    .host("general-virt-manager", "dom.live-differs", "web1") { host in
      host.with("/proc/4242/cmdline", "qemu\0-accel\0tcg\0-smp\u{0}2,sockets=2\0")
    },
  ]
}
