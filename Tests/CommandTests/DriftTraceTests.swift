// Who moved what: from dpkg's lists and log, libvirt's files, and this program's own journals.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct DriftTraceTests {
  private struct Scene {
    let tree: TemporaryTree
    let state = TemporaryTree()

    init() throws {
      tree = try CapturedHost("two-nodes").unpacked()
      tree.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
      tree.write("/etc/libvirt/qemu.conf", "user = \"root\"\n")
      tree.write("/etc/libvirt/qemu/web.xml", DomainXML.example(name: "web"))
      #expect(try run("baseline", "save").status == 0)
    }

    func run(_ arguments: String...) throws -> Program.Outcome {
      try Program.run(arguments + ["--root", tree.path, "--state-dir", state.path])
    }

    /// Lets dpkg unpack a package, as its own files would show it.
    func unpack(_ name: String, _ files: [String], log: String) {
      tree.write(
        "/var/lib/dpkg/info/\(name).list", files.map { $0 + "\n" }.joined())
      tree.write("/var/log/dpkg.log", log)
    }

    /// Who moved a fact, as the JSON report says.
    func author(of fact: String) throws -> String? {
      let report = try JSONValue(parsing: try run("drift", "--format", "json").output)
      let entry = report["drifted"]?.arrayValue?.first { $0["fact"]?.stringValue == fact }
      return entry?["by"]?.stringValue
    }
  }

  @Test func thePackageThatOwnsTheFileIsNamedWithItsVersions() throws {
    let scene = try Scene()
    scene.tree.write("/etc/libvirt/qemu.conf", "user = \"qemu\"\n")
    scene.unpack(
      "libvirt-daemon-system:amd64", ["/.", "/etc/libvirt/qemu.conf"],
      log: """
        2026-11-24 10:12:43 startup archives unpack
        2026-11-24 10:12:44 upgrade libvirt-daemon-system:amd64 9.0.0-4 9.0.0-5
        2026-11-24 10:12:44 status half-configured libvirt-daemon-system:amd64 9.0.0-4

        """)
    let author = try scene.author(of: "/etc/libvirt/qemu.conf") ?? ""
    #expect(
      author.hasPrefix(
        "perhaps the package libvirt-daemon-system, upgrade from 9.0.0-4 to 9.0.0-5 at 20"))
  }

  @Test func aPackageThatDoesNotOwnTheFileIsNotBlamed() throws {
    let scene = try Scene()
    scene.tree.write("/etc/libvirt/qemu.conf", "user = \"qemu\"\n")
    scene.unpack("nano", ["/.", "/etc/nanorc"], log: "")
    #expect(try scene.author(of: "/etc/libvirt/qemu.conf") == nil)
  }

  @Test func aKernelNamesThePackageThatBroughtIt() throws {
    let scene = try Scene()
    scene.tree.write("/proc/sys/kernel/osrelease", "6.1.0-99-amd64\n")
    scene.unpack(
      "linux-image-6.1.0-99-amd64", ["/boot/vmlinuz-6.1.0-99-amd64"],
      log: "2026-11-24 10:12:44 install linux-image-6.1.0-99-amd64:amd64 <none> 6.1.999-1\n")
    let author = try scene.author(of: "host.kernel") ?? ""
    #expect(author.hasPrefix("a boot into another kernel, of the package linux-image-6.1.0-99"))
    #expect(author.contains("installation of 6.1.999-1"))
  }

  @Test func aDefinitionTellsWhenLibvirtWroteIt() throws {
    let scene = try Scene()
    scene.tree.write(
      "/etc/libvirt/qemu/web.xml",
      DomainXML.example(name: "web", extra: "<cputune><shares>512</shares></cputune>"))
    let report = try JSONValue(parsing: try scene.run("drift", "--format", "json").output)
    let entry = try #require(report["drifted"]?.arrayValue?.first)
    #expect(
      entry["by"]?.stringValue?.hasPrefix("libvirt, which wrote /etc/libvirt/qemu/web.xml at 20")
        == true)
  }

  @Test func anOwnTransactionIsNamedWhileItsValueStands() throws {
    let scene = try Scene()
    #expect(
      try scene.run("apply", "--yes", "--only", "mem.thp", "--profile", "db").status == 0)
    let applied = try scene.author(of: "thp.enabled") ?? ""
    #expect(applied.hasPrefix("tuned-vm's transaction 1 of 20"))
    // Another hand after it: the value is no longer the one the transaction left.
    scene.tree.write(
      "/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n")
    #expect(try scene.author(of: "thp.enabled")?.contains("transaction") != true)
  }
}
