// What has no file on a host and is written down as one: `/tuned-vm/…` (docs/capture.md).
//
// Only the live probe makes them; a capture stores them and a tree reads them. Each fails alone
// and softly, to a missing fact with its reason.

import Glibc
import TuneKit

/// Makes the virtual files of this machine.
enum VirtualFiles {
  /// All of them but those that libvirt tells.
  ///
  /// - Parameter snapshot: what was read so far: links, mounts and domains are taken from it.
  static func live(_ root: Root, _ snapshot: Snapshot) -> [String: Snapshot.Reading] {
    let images = ImageProbe(root, snapshot)
    var made: [String: Snapshot.Reading] = [
      "/tuned-vm/kernel-log.txt": KernelLog.read(),
      "/tuned-vm/units.json": document(Units(root).json),
      "/tuned-vm/ethtool.json": Ethtool.read(snapshot.names("/sys/class/net") ?? []),
      "/tuned-vm/images.json": document(images.json),
      "/tuned-vm/filesystems.json": document(images.filesystems),
      "/tuned-vm/lvm.json": DeviceMapper.read(),
    ]
    // What the host doesn't have gets no file: that it isn't there is no missing fact.
    made["/tuned-vm/zfs.json"] = ZFSProbe.read(root)
    made["/tuned-vm/ovs.json"] = OpenVSwitch.read(root)
    made["/tuned-vm/gpu.json"] = GPUProbe.read(root, snapshot)
    return made
  }

  static func document(_ value: JSONValue) -> Snapshot.Reading { .text(value.text(.pretty) + "\n") }
}
