import Glibc
import TestSupport
import Testing
import TuneKit

@testable import TuneHost

@Suite struct CaptureTests {
  let tree = TemporaryTree()

  private func capture(redact: Bool = false) throws -> Snapshot {
    let target = tree.path + "/captured"
    try Capture(ProbeRequest(root: tree.path + "/host"), redact: redact, version: "1")
      .write(to: target)
    return try HostProbe.snapshot(ProbeRequest(root: target))
  }

  /// A host with links, an unreadable file, domains, passwords and addresses.
  private func host() {
    tree.write("/host/proc/sys/kernel/hostname", "alpha\n")
    tree.write("/host/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    tree.write("/host/sys/devices/pci0/0000:00:04.0/block/vda/queue/scheduler", "[none]\n")
    tree.write("/host/sys/devices/pci0/0000:00:04.0/block/vda/inflight", "0 0\n")
    tree.link("/host/sys/block/vda", to: "../devices/pci0/0000:00:04.0/block/vda")
    tree.directory("/host/sys/bus/pci/drivers/virtio")
    tree.link("/host/sys/devices/pci0/0000:00:04.0/block/vda/device", to: "../../../0000:00:04.0")
    tree.link(
      "/host/sys/devices/pci0/0000:00:04.0/driver", to: "../../../bus/pci/drivers/virtio")
    tree.link("/host/sys/bus/pci/devices/0000:00:04.0", to: "../../../devices/pci0/0000:00:04.0")
    tree.fifo("/host/sys/kernel/mm/ksm/run")
    tree.directory("/host/sys/kernel/iommu_groups")
    tree.write("/host/sys/class/net/eth0/address", "52:54:00:aa:bb:cc\n")
    tree.write(
      "/host/etc/libvirt/qemu/web.xml",
      """
      <domain type='kvm'><name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid>
      <title>Customer Ltd</title><metadata><x:owner xmlns:x='urn:x'>bob</x:owner></metadata>
      <devices><graphics type='vnc' port='-1' passwd='s3cret' listen='10.1.2.3'/>
      <interface type='bridge'><mac address='52:54:00:aa:bb:cc'/></interface></devices></domain>
      """)
    tree.write("/host/etc/libvirt/qemu.conf", "vnc_password = \"s3cret\"\nuser = \"root\"\n")
    tree.write("/host/etc/fstab", "//srv/x /mnt cifs user=a,password=s3cret,ro 0 0\n")
    tree.write("/host/dev/kvm", "not copied")
  }

  @Test func aCaptureReadsAsTheHost() throws {
    host()
    let before = try HostProbe.snapshot(ProbeRequest(root: tree.path + "/host"))
    var after = try capture()
    #expect(after.domains.first?.persistent?.value?.contains("s3cret") == false)
    after.files["/tuned-vm/about.json"] = nil
    for (path, reading) in before.files where !path.hasPrefix("/etc/") {
      #expect(after.files[path] == reading, "\(path)")
    }
    #expect(Set(after.files.keys) == Set(before.files.keys))
    #expect(after.links == before.links)
    for (path, names) in before.directories where path != "/dev" {
      #expect(after.directories[path] == names, "\(path)")
    }
    #expect(after.domains.map(\.state) == before.domains.map(\.state))
    #expect(after.raw("/sys/kernel/mm/ksm/run").missingReason == "is a FIFO, not a regular file")
  }

  @Test func thisMachinesCaptureGivesTheSameFacts() throws {
    let target = tree.path + "/captured"
    let capture = try Capture(ProbeRequest(), redact: false, version: "1")
    try capture.write(to: target)
    let live = try HostProbe.snapshot(ProbeRequest())
    let captured = try HostProbe.snapshot(ProbeRequest(root: target))
    // What moves between two readings is left out.
    let steady = [
      "/sys/devices/system/cpu", "/sys/kernel/mm", "/sys/block", "/sys/bus", "/sys/module",
      "/etc/sysctl.d", "/etc/modprobe.d", "/etc/udev", "/proc/sys/vm/swappiness", "/proc/cmdline",
    ]
    for (path, reading) in live.files where steady.contains(where: { path.hasPrefix($0) }) {
      let isSame = captured.files[path] == reading
      #expect(isSame, "\(path)")
    }
    #expect(captured.links == live.links)
    #expect(captured.hwloc.value?.pus == live.hwloc.value?.pus)
    #expect(captured.hwloc.value?.cores == live.hwloc.value?.cores)
    #expect(captured.hwloc.value?.l3Groups.map(\.cpus) == live.hwloc.value?.l3Groups.map(\.cpus))
    #expect(captured.hwloc.value?.devices == live.hwloc.value?.devices)
  }

  @Test func noPasswordLeavesTheHost() throws {
    host()
    _ = try capture()
    let root = try Root(tree.path + "/captured")
    for path in ["/etc/libvirt/qemu/web.xml", "/etc/libvirt/qemu.conf", "/etc/fstab"] {
      guard case .text(let text) = root.read(path) else {
        Issue.record("\(path) is not there")
        continue
      }
      #expect(!text.contains("s3cret"), "\(path)")
    }
    #expect(
      root.read("/etc/libvirt/qemu.conf") == .text("vnc_password = \"left-out\"\nuser = \"root\"\n")
    )
    #expect(root.read("/dev/kvm") == .text(""))
  }

  @Test func aRedactedCaptureNamesNobody() throws {
    host()
    let snapshot = try capture(redact: true)
    #expect(snapshot.text("/proc/sys/kernel/hostname").value == "host")
    #expect(snapshot.text("/etc/machine-id").value == nil)
    let domain = try #require(snapshot.domains.first)
    let xml = try #require(domain.persistent?.value)
    #expect(domain.origin == "/etc/libvirt/qemu/domain1.xml")
    #expect(xml.contains("<name>domain1</name>"))
    for secret in ["web", "11111111", "Customer", "bob", "10.1.2.3", "aa:bb:cc"] {
      #expect(!xml.contains(secret), "\(secret)")
    }
    // References still fit.
    let address = try #require(snapshot.text("/sys/class/net/eth0/address").value)
    #expect(xml.contains("<mac address='\(address)'/>"))
  }

  /// Words of our own file names.
  @Test func aGuestsNameRenamesNoFileOfOurs() throws {
    host()
    for name in ["vm", "tuned", "units"] {
      tree.write(
        "/host/etc/libvirt/qemu/\(name).xml", "<domain type='kvm'><name>\(name)</name></domain>")
    }
    tree.write("/host/tuned-vm/units.json", "{}\n")
    let snapshot = try capture(redact: true)
    #expect(snapshot.raw("/tuned-vm/units.json").value == "{}\n")
    #expect(snapshot.domains.count == 4)
  }

  /// A guest may be called like an element, a type, a driver; what rules read stays as it was.
  @Test(arguments: [
    "kvm", "disk", "qemu", "file", "virtio", "driver", "hvm", "x86_64", "name", "amp",
  ])
  func aGuestCalledLikeAWordOfLibvirtsIsRenamedAlone(name: String) throws {
    func definition(_ name: String) -> String {
      """
      <!-- Changes are made with
        virsh edit \(name)
      -->
      <domain type='kvm'>
        <name>\(name)</name>
        <vcpu>2</vcpu><!-- \(name) wants more -->
        <os><type arch='x86_64' machine='q35'>hvm</type></os>
        <devices>
          <disk type='file' device='disk'>
            <driver name='qemu' type='raw'/>
            <source file='/srv/a&amp;b/\(name).img'/><target dev='vda' bus='virtio'/>
          </disk>
        </devices>
      </domain>

      """
    }
    host()
    _ = unlink(tree.path + "/host/etc/libvirt/qemu/web.xml")
    tree.write("/host/etc/libvirt/qemu/\(name).xml", definition(name))
    let domains = try capture(redact: true).domains
    let texts = domains.compactMap { $0.persistent?.value }
    #expect(
      texts.contains { text in
        (1...2).contains { text == definition("domain\($0)") }
      }, "\(texts)")
    #expect(domains.allSatisfy { !$0.origin.contains("/\(name).xml") })
  }

  /// Installers name a volume group after the host, and its name is in paths everywhere.
  @Test func volumesNamedAfterTheHostAreRenamedAlike() throws {
    host()
    tree.write("/host/proc/sys/kernel/hostname", "al-pha\n")
    tree.write("/host/sys/devices/virtual/block/dm-0/dm/name", "al--pha--vg-vms\n")
    tree.link("/host/sys/block/dm-0", to: "../devices/virtual/block/dm-0")
    tree.write("/host/dev/dm-0", "")
    tree.link("/host/dev/mapper/al--pha--vg-vms", to: "../dm-0")
    tree.write("/host/etc/lvm/backup/al-pha-vg", "al-pha-vg {\n}\n")
    tree.write("/host/proc/cmdline", "root=/dev/mapper/al--pha--vg-vms ro\n")
    tree.write("/host/proc/mounts", "/dev/mapper/al--pha--vg-vms / ext4 rw 0 0\n")
    tree.write(
      "/host/tuned-vm/filesystems.json",
      "{\"/\":{\"type\":\"ext4\",\"source\":\"/dev/mapper/al--pha--vg-vms\"}}\n")
    tree.write("/host/tuned-vm/images.json", "{\"/dev/al-pha-vg/vms\":{\"device\":\"dm-0\"}}\n")
    let snapshot = try capture(redact: true)
    #expect(snapshot.text("/sys/block/dm-0/dm/name").value == "host--vg-vms")
    #expect(snapshot.links["/dev/mapper/host--vg-vms"] == "/dev/dm-0")
    #expect(snapshot.raw("/etc/lvm/backup/host-vg").value == "host-vg {\n}\n")
    for (path, text) in tree.contents(below: "/captured") {
      #expect(!path.contains("pha") && !text.contains("pha"), "\(path)")
    }
  }

  @Test(arguments: [
    ("a passwd='x' b", "a b"), ("<g passwd = \"a'b\"/>", "<g/>"),
    ("<g xpasswd='1'/>", "<g xpasswd='1'/>"),
    ("<g passwdValidTo='1'/>", "<g passwdValidTo='1'/>"), ("<g passwd='open", "<g"),
    ("<q:arg value='-vnc-password=x'/>", "<q:arg value='left-out'/>"),
    ("<q:arg value='-cpu'/>", "<q:arg value='-cpu'/>"),
  ])
  func passwordAttributesAreCutOut(_ xml: String, _ expected: String) {
    #expect(Passwords.removed(from: xml) == expected)
  }

  @Test func serversAccountsAndArgumentsAreRedacted() {
    let xml = """
      <domain><name>a</name><devices><disk><auth username='bob'/><source><host name='ceph1'/>\
      </source></disk></devices><launchSecurity><session>S</session></launchSecurity>\
      <q:commandline xmlns:q='x'><q:arg value='-t'/><q:env name='K' value='v'/></q:commandline>\
      </domain>
      """
    let expected = """
      <domain><name>a</name><devices><disk><auth username='redacted'/><source>\
      <host name='redacted.invalid'/></source></disk></devices><launchSecurity>\
      <session>redacted</session></launchSecurity><q:commandline xmlns:q='x'>\
      <q:arg value='redacted'/><q:env name='K' value='redacted'/></q:commandline></domain>
      """
    #expect(String(decoding: XMLRedaction.applied(to: Array(xml.utf8)), as: UTF8.self) == expected)
  }

  @Test func thatNobodyAnsweredForDomainsIsKept() throws {
    host()
    tree.write("/host/tuned-vm/about.json", "{\"domainsMissing\":\"qemu:///system: no socket\"}\n")
    let first = try HostProbe.snapshot(ProbeRequest(root: tree.path + "/host"))
    #expect(first.domainsMissing == nil, "domains were found")
    for path in ["/etc/libvirt/qemu", "/run/libvirt/qemu"] {
      _ = system("rm -rf \(tree.path)/host\(path)")
    }
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path + "/host"))
    #expect(snapshot.domainsMissing == "qemu:///system: no socket")
    #expect(snapshot.notices == ["no domains are looked at: qemu:///system: no socket"])
  }

  @Test func identifiersKeepTheirForm() {
    let identifiers = Identifiers()
    func replaced(_ text: String) -> String {
      String(decoding: identifiers.replaced(in: Array(text.utf8), nil), as: UTF8.self)
    }
    #expect(replaced("from 192.168.1.7:22.") == "from 198.18.0.1:22.")
    #expect(replaced("192.168.1.7 127.0.0.1 0.0.0.0") == "198.18.0.1 127.0.0.1 0.0.0.0")
    #expect(
      replaced("fe:54:00:aa:bb:cc 52:54:00:aa:bb:cc") == "fe:00:00:00:00:01 52:00:00:00:00:01")
    #expect(replaced("fe80::1/64 ::1") == "2001:db8::1/64 ::1")
    for same in ["0000:3b:00.0", "6.1.0-13-amd64", "12:34:56", "0-3,8-11", "std::vector"] {
      #expect(replaced(same) == same)
    }
    let route = identifiers.hexAddresses(Array("eth0\t00000000\t0101A8C0\t0003\t00FFFFFF".utf8))
    #expect(String(decoding: route, as: UTF8.self) == "eth0\t00000000\t010012C6\t0003\t00FFFFFF")
  }

  @Test func theArchiveIsTheSameTwiceAndTarReadsIt() throws {
    host()
    let long = String(repeating: "very-long-name-", count: 10)
    tree.write("/host/etc/modprobe.d/\(long).conf", "options kvm nested=1\n")
    let request = ProbeRequest(root: tree.path + "/host")
    for name in ["a", "b"] {
      try Capture(request, redact: false, version: "1").write(to: tree.path + "/\(name).tar.gz")
    }
    let root = try Root(tree.path)
    func bytes(_ name: String) throws -> [UInt8] {
      try root.reader.readBytes(name, in: root.top, limit: 1 << 16)
    }
    #expect(try bytes("a.tar.gz") == bytes("b.tar.gz"))
    tree.directory("/unpacked")
    let code = system("tar -xzf \(tree.path)/a.tar.gz -C \(tree.path)/unpacked")
    #expect(code == 0)
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path + "/unpacked"))
    #expect(snapshot.text("/etc/modprobe.d/\(long).conf").value == "options kvm nested=1")
    #expect(snapshot.text("/sys/block/vda/queue/scheduler").value == "[none]")
  }

  @Test func aFullDirectoryIsNotWrittenTo() throws {
    host()
    let error = #expect(throws: CaptureError.self) {
      try Capture(ProbeRequest(root: tree.path + "/host"), redact: false, version: "1")
        .write(to: tree.path + "/host")
    }
    #expect(
      error?.messages == ["cannot create '\(tree.path)/host': it is there and not empty"])
  }

  // MARK: - hwloc.xml

  private static let lstopo: String? = ["/usr/bin/lstopo-no-graphics", "/usr/bin/lstopo"].first {
    (path: String) in access(path, X_OK) == 0
  }

  /// The lines that lstopo writes of one kind of object: its name and numbers.
  private func objects(_ kind: String, of input: String) throws -> String {
    let program = try #require(Self.lstopo)
    let out = tree.path + "/objects.txt"
    _ = unlink(out)
    let code = system(
      "\(program) --disallowed -i \(input) --only \(kind) --of console >\(out) 2>/dev/null")
    #expect(code == 0, "\(kind) of \(input)")
    return try #require(tree.text("/objects.txt"))
  }

  @Test(.enabled(if: lstopo != nil)) func lstopoSeesTheSameMachineInTheFileAndInTheTree() throws {
    for redact in [false, true] {
      let target = tree.path + "/captured-\(redact)"
      try Capture(ProbeRequest(), redact: redact, version: "1").write(to: target)
      for kind in ["package", "numanode", "core", "pu"] {
        let file = try objects(kind, of: target + "/tuned-vm/hwloc.xml")
        #expect(!file.isEmpty, "\(kind)")
        #expect(try file == objects(kind, of: target), "\(kind), redacted: \(redact)")
      }
    }
  }

  @Test func theFileHoldsHwlocsSecondFormatAndNobodysProcess() throws {
    let xml = try #require(HwlocProbe.liveXML())
    let text = String(decoding: HwlocXML.lasting(xml), as: UTF8.self)
    #expect(text.contains("<topology version=\"2."))
    #expect(text.contains("\"HostName\"") && text.contains("<object type=\"PU\""))
    #expect(!text.contains("ProcessName") && !text.contains("DOCTYPE"))
    #expect(try XMLDocument(text).root.name == "topology")
  }

  /// As hwloc 2.9 writes it for a host with cards.
  private static let seen = """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE topology SYSTEM "hwloc2.dtd">
    <topology version="2.0">
      <object type="Machine" os_index="0" cpuset="0x00000003" gp_index="1">
        <info name="DMIProductSerial" value="S3CRET1"/>
        <info name="OSName" value="Linux"/>
        <info name="HostName" value="alpha"/>
        <info name="Architecture" value="x86_64"/>
        <userdata name="note" length="7">S3CRET2</userdata>
        <object type="Core" name="web" gp_index="2"/>
        <object type="OSDev" gp_index="3" name="eno1" osdev_type="2">
          <info name="Address" value="52:54:00:aa:bb:cc"/>
          <info name="NodeGUID" value="S3CRET3"/>
        </object>
        <object type="OSDev" gp_index="4" name="sda" subtype="Disk" osdev_type="0">
          <info name="SerialNumber" value="S3CRET4"/>
          <info name="Model" value="QEMU HARDDISK"/>
        </object>
        <object type="PCIDev" gp_index="5" pci_busid="0000:3b:00.0" pci_type="0200 [8086:1572]"/>
      </object>
    </topology>

    """

  @Test func aRedactedFileNamesNoMachine() throws {
    host()
    // A guest of such a name must not change hwloc's words.
    tree.write(
      "/host/etc/libvirt/qemu/Core.xml", "<domain type='kvm'><name>Core</name></domain>")
    tree.write("/host/tuned-vm/hwloc.xml", Self.seen)
    let plain = try capture()
    #expect(plain.raw("/tuned-vm/hwloc.xml").value == Self.seen)
    try Capture(ProbeRequest(root: tree.path + "/host"), redact: true, version: "1")
      .write(to: tree.path + "/redacted")
    let text = try #require(tree.text("/redacted/tuned-vm/hwloc.xml"))
    for secret in ["S3CRET", "alpha", "HostName", "OSName", "aa:bb:cc"] {
      #expect(!text.contains(secret), "\(secret)")
    }
    for kept in ["x86_64", "type=\"Core\"", "QEMU HARDDISK", "0000:3b:00.0", "eno1"] {
      #expect(text.contains(kept), "\(kept)")
    }
    // A file that was cut short says nothing.
    tree.write("/host/tuned-vm/hwloc.xml", String(Self.seen.prefix(400)))
    try Capture(ProbeRequest(root: tree.path + "/host"), redact: true, version: "1")
      .write(to: tree.path + "/cut")
    #expect(tree.text("/cut/tuned-vm/hwloc.xml") == "")
  }

  /// The tree is the one truth: whatever stands in the file.
  @Test func anAuditOfACaptureDoesNotReadTheFile() throws {
    host()
    let before = try HostProbe.snapshot(ProbeRequest(root: tree.path + "/host"))
    tree.write("/host/tuned-vm/hwloc.xml", Self.seen)
    let after = try HostProbe.snapshot(ProbeRequest(root: tree.path + "/host"))
    #expect(after.hwloc.missingReason == before.hwloc.missingReason)
    #expect(after.hwloc.value?.pus == before.hwloc.value?.pus)
  }
}
