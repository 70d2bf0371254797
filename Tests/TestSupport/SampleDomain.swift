// A guest that several suites share.

/// Definitions of guests that have something to tune.
public enum SampleDomain {
  /// `web1`: two vCPUs, and a disk that is written through to its file.
  public static let web1 = """
    <domain type='kvm'>
      <name>web1</name>
      <memory unit='MiB'>64</memory>
      <vcpu>2</vcpu>
      <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
      <devices>
        <disk type='file' device='disk'>
          <driver name='qemu' type='raw' cache='writethrough'/>
          <source file='/web1.img'/><target dev='vda' bus='virtio'/>
        </disk>
      </devices>
    </domain>

    """
}
