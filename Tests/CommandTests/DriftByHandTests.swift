import Foundation
import TestSupport
import Testing

@testable import TuneKit

/// A captured host that is changed by hand, and states that can't be written.
@Suite struct DriftByHandTests {
  private let tree: TemporaryTree
  private let state = TemporaryTree()

  init() throws {
    tree = try CapturedHost("two-nodes-smt").unpacked()
    tree.write("/etc/sysctl.d/70-site.conf", "vm.max_map_count = 262144\n")
    for name in ["db1", "web1", "old1"] { define(name) }
  }

  private func define(_ name: String, memoryGiB: Int = 2, pin: String = "1") {
    tree.write(
      "/etc/libvirt/qemu/\(name).xml",
      """
      <domain type='kvm'><name>\(name)</name><memory unit='GiB'>\(memoryGiB)</memory>
      <vcpu placement='static'>2</vcpu><cputune><vcpupin vcpu='0' cpuset='\(pin)'/></cputune>
      <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices>
      <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>
      <source file='/\(name).qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>
      """)
  }

  private func run(_ arguments: String..., prelude: String = ":") throws -> Program.Outcome {
    try Program.run(
      arguments + ["--root", tree.path, "--state-dir", state.path], prelude: prelude)
  }

  @Test func twelveThingsAreExactlyTwelveWithWasAndIs() throws {
    let vda = "/sys/devices/pci0000:00/0000:00:02.0/virtio0/block/vda"
    let texts: [(file: String, now: String, entry: [String?])] = [
      ("/proc/sys/vm/swappiness", "61", ["host", "vm.swappiness", "60", "61"]),
      (
        "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never",
        ["host", "thp.enabled", "always", "madvise"]
      ),
      (
        "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "16",
        ["1", "hugepages[size=2MiB]", "0", "16"]
      ),
      (
        vda + "/queue/scheduler", "none [mq-deadline] bfq kyber",
        ["vda", "block.scheduler", "none", "mq-deadline"]
      ),
      (
        "/proc/cmdline", "console=ttyS0 quiet panic=-1 8250.nr_uarts=4 mitigations=off",
        ["host", "cmdline.mitigations", nil, "off"]
      ),
      ("/sys/devices/virtual/net/bond0/mtu", "9000", ["bond0", "net.mtu", "1500", "9000"]),
      (
        "/sys/module/kvm/parameters/halt_poll_ns", "0", ["host", "kvm.halt_poll_ns", "200000", "0"]
      ),
      (
        "/etc/sysctl.d/70-site.conf", "vm.max_map_count = 65530",
        [
          "host", "/etc/sysctl.d/70-site.conf", "vm.max_map_count = 262144",
          "vm.max_map_count = 65530",
        ]
      ),
    ]
    let before = texts.map { tree.text($0.file) }
    #expect(try run("baseline", "save").status == 0)

    for change in texts { tree.write(change.file, change.now + "\n") }
    unlink(tree.path + "/etc/libvirt/qemu/old1.xml")
    define("new1")
    define("db1", pin: "3")
    define("web1", memoryGiB: 4)
    let outcome = try run("drift", "--format", "json")
    #expect(outcome.status == 1)
    let entries = try #require(try JSONValue(parsing: outcome.output)["drifted"]?.arrayValue)
    let found = entries.map { entry in
      [entry["subject"]?["name"], entry["fact"], entry["was"], entry["is"]].map { $0?.stringValue }
    }
    let expected =
      texts.map(\.entry) + [
        ["old1", "present", "defined", nil], ["new1", "present", nil, "defined"],
        ["db1", "cputune/vcpupin[0]/@cpuset", "1", "3"], ["web1", "memory", "2", "4"],
      ]
    #expect(Set(found) == Set(expected))
    #expect(found.count == 12)

    for (change, text) in zip(texts, before) { tree.write(change.file, text ?? "") }
    unlink(tree.path + "/etc/libvirt/qemu/new1.xml")
    for name in ["db1", "web1", "old1"] { define(name) }
    let quiet = try run("drift")
    #expect((quiet.status, quiet.output, quiet.errors) == (0, "", ""))
  }

  @Test func ofDomainsOnlyTheOneThatStartsByItselfMoved() throws {
    #expect(try run("baseline", "save").status == 0)
    tree.link("/etc/libvirt/qemu/autostart/db1.xml", to: "../db1.xml")
    #expect(try run("drift", "-q").output == "INFO db1: autostart was off, is on\n")
  }

  // MARK: - A clock that goes back

  @Test func aClockThatWentBackIsSaidAndNothingIsLost() throws {
    #expect(try run("baseline", "save").status == 0)
    let name = try #require(state.contents().keys.first { $0.hasSuffix(".baseline") })
    var baseline = try Baseline(parsing: Array(try #require(state.text(name)).utf8), file: name)
    baseline.savedAt = "2099-01-01T00:00:00Z"
    state.write(name, baseline.text)
    tree.write("/proc/sys/vm/swappiness", "61\n")
    let first = try run("drift", "--new")
    #expect(first.status == 1)
    #expect(first.output.contains("vm.swappiness was 60, is 61"))
    #expect(first.errors.contains("the clock stands before 2099-01-01T00:00:00Z"))
    let second = try run("drift", "--new")
    #expect((second.status, second.output, second.errors) == (0, "", ""))
    #expect(try run("drift").status == 1)
    #expect(try run("baseline", "save").status == 0)
    #expect(try run("drift").output == "")
  }

  // MARK: - A host without an id that was renamed

  @Test func aHostWithoutAnIDIsToldOfTheBaselineUnderItsOldName() throws {
    tree.write("/proc/sys/kernel/hostname", "node7\n")
    #expect(try run("baseline", "save").status == 0)
    let old = try #require(state.contents().keys.first { $0.hasSuffix(".baseline") })
    tree.write("/proc/sys/kernel/hostname", "node8\n")
    let drift = try run("drift")
    #expect(drift.status == 66)
    #expect(drift.errors.contains("'\(state.path)\(old)' is the one of 'node7'"))
    #expect(
      try Program.run(["baseline", "show", "--root", tree.path, "--state-dir", state.path]).status
        == 66)
    tree.write("/proc/sys/kernel/hostname", "node7\n")
    #expect(try run("drift").status == 0)
  }

  // MARK: - File systems that are full or can't be written

  private static let canMount: Bool = {
    let outcome = try? shell("unshare -m mount -t tmpfs none /mnt")
    return outcome?.0 == 0
  }()

  private static func shell(_ text: String) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", text]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  /// Runs lines in a mount namespace of their own; `T` is the program with this host, `STATE` a small
  /// file system that goes with it.
  private func mounted(_ lines: String) throws -> String {
    state.write(
      "/script",
      """
      set -u
      STATE=\(state.path)/mount
      mkdir -p $STATE
      mount -t tmpfs -o size=256k none $STATE
      T() { \(Program.path) "$@" --root \(tree.path) --state-dir $STATE; echo "exit $?"; }
      \(lines)
      """)
    return try Self.shell("unshare -m bash \(state.path)/script").1
  }

  @Test(.enabled(if: canMount, "mounting needs root"))
  func onAFullDiskTheOldBaselineStaysAndDriftStillSpeaks() throws {
    let text = try mounted(
      """
      T baseline save; cp $STATE/baselines/*.baseline $STATE/../before
      echo 61 >\(tree.path)/proc/sys/vm/swappiness
      head -c 1M /dev/zero >$STATE/ballast 2>/dev/null
      echo == full; T baseline save; T drift --new; T drift --new
      cmp $STATE/baselines/*.baseline $STATE/../before && echo same
      rm $STATE/ballast; echo == room; T drift --new; T drift --new
      ls $STATE/baselines
      """)
    let parts = text.components(separatedBy: "== ")
    #expect(parts.count == 3, "\(text)")
    #expect(parts[0].contains("exit 0"), "\(text)")
    let full = parts.dropFirst().first ?? ""
    #expect(full.contains("No space left on device") && full.contains("exit 74"), "\(text)")
    // What can't be remembered is said again rather than lost.
    #expect(full.components(separatedBy: "vm.swappiness was 60, is 61").count == 3, "\(text)")
    #expect(full.contains("said again") && full.contains("\nsame\n"), "\(text)")
    let room = parts.last ?? ""
    #expect(room.components(separatedBy: "vm.swappiness was 60, is 61").count == 2, "\(text)")
    #expect(!room.contains("tuned-vm-"), "a temporary file was left: \(text)")
  }

  @Test(.enabled(if: canMount, "mounting needs root"))
  func aReadOnlyStateDirectoryIsSaidAndDriftStillSpeaks() throws {
    let text = try mounted(
      """
      T baseline save
      echo 61 >\(tree.path)/proc/sys/vm/swappiness
      mount -o remount,ro $STATE
      echo == read-only; T baseline save; T baseline accept
      echo == drift; T drift; T drift --new
      """)
    let parts = text.components(separatedBy: "== ")
    #expect(parts.count == 3, "\(text)")
    let save = parts.dropFirst().first ?? ""
    #expect(save.contains("Read-only file system"), "\(text)")
    #expect(save.components(separatedBy: "exit 73").count == 3, "\(text)")
    let drift = parts.last ?? ""
    #expect(drift.components(separatedBy: "vm.swappiness was 60, is 61").count == 3, "\(text)")
    #expect(drift.components(separatedBy: "exit 1\n").count == 3, "\(text)")
    #expect(drift.contains("said again"), "\(text)")
  }
}
