import TestSupport
import Testing

@testable import TuneKit

@Suite struct DriftTests {
  private static let time = "2026-11-24T15:37:26Z"

  private static func audit(_ snapshot: Snapshot, at time: String = time) -> Report {
    let profile = EffectiveProfile(name: "general")
    return Audit.report(
      Context(facts: Facts(snapshot), profile: profile), rules: Catalogue.all,
      toolVersion: "0.1.0", generatedAt: time)
  }

  private static func baseline(_ snapshot: Snapshot) -> Baseline {
    Baseline(StableFacts(Facts(snapshot)), audit(snapshot))
  }

  private static func drift(
    _ before: Snapshot, _ after: Snapshot, at time: String = time
  ) -> DriftReport {
    let report = audit(after, at: time)
    return DriftReport(
      comparing: baseline(before), file: "b", with: StableFacts(Facts(after)), report)
  }

  private static func domain(_ name: String, _ extra: String = "", _ devices: String = "") -> String
  {
    DomainXML.example(name: name, extra: extra, devices: devices)
  }

  private static let disk = """
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>\
    <source file='/a.qcow2'/><target dev='vda' bus='virtio'/></disk>
    """

  private static let good = Snapshot.exampleHost()
    .withDomain(domain("db1", "<cputune><vcpupin vcpu='0' cpuset='1'/></cputune>", disk))
    .withDomain(domain("web1", "", disk))

  @Test func nothingMovedSaysNothing() {
    let report = Self.drift(Self.good, Self.good)
    #expect(report.drifted == [])
    #expect(render(report, as: .text) == "")
  }

  @Test func twelveThingsOfDifferentKindsAreExactlyTwelve() {
    let changed = Self.good
      .with("/proc/sys/vm/swappiness", "60\n")
      .with("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n")
      .with("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n")
      .with("/sys/block/nvme0n1/queue/scheduler", "none [mq-deadline] kyber\n")
      .with("/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "16\n")
      .with("/etc/sysctl.d/50-site.conf", "# by hand\nvm.swappiness = 60\n")
      .with("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/nvme0n1p2 ro quiet mitigations=off\n")
      .with("/sys/module/kvm/parameters/halt_poll_ns", "0\n")
      .without("/sys/block/sdb")
      .with("/sys/class/net/eno1/mtu", "9000\n")
    var edited = changed
    edited.domains = [
      DomainSource(
        origin: "db1.xml",
        persistent: Known(
          Self.domain(
            "db1", "<cputune><vcpupin vcpu='0' cpuset='3'/></cputune>",
            Self.disk.replacing("cache='none'", with: "cache='writeback'")), from: "db1.xml"),
        autostart: false),
      DomainSource(
        origin: "web1.xml", persistent: Known(Self.domain("web1", "", Self.disk), from: "web1.xml"),
        autostart: false),
    ]
    // The command line of the example host decides how many arguments differ.
    let report = Self.drift(Self.good, edited)
    let arguments = report.drifted.filter { $0.id.key.hasPrefix("cmdline.") }
    let others = report.drifted.filter { !$0.id.key.hasPrefix("cmdline.") }
    #expect(!arguments.isEmpty)
    #expect(
      Set(others.map(\.id.key)) == [
        "vm.swappiness", "thp.enabled", "cpu.governor", "block.scheduler", "hugepages[size=2MiB]",
        "/etc/sysctl.d/50-site.conf", "kvm.halt_poll_ns", "present", "net.mtu",
        "cputune/vcpupin[0]/@cpuset", "devices/disk[vda]/driver/@cache",
      ])
    #expect(others.count == 11)
  }

  @Test func wasAndIsNameTheValues() throws {
    let after = Self.good.with("/proc/sys/vm/swappiness", "60\n")
    let entry = try #require(Self.drift(Self.good, after).drifted.first)
    #expect((entry.was, entry.now) == (Self.good.text("/proc/sys/vm/swappiness").value, "60"))
    #expect(entry.rule == "mem.swappiness" || entry.rule == "vm.swappiness")
  }

  @Test func aPinnedBlockThatComesIsOneEntry() {
    let pins = (0..<4).map { "<vcpupin vcpu='\($0)' cpuset='\($0)'/>" }.joined()
    var after = Self.good
    after.domains[1] = DomainSource(
      origin: "web1.xml",
      persistent: Known(Self.domain("web1", "<cputune>\(pins)</cputune>", Self.disk), from: "x"),
      autostart: false)
    let report = Self.drift(Self.good, after)
    #expect(report.drifted.map(\.id.key) == ["cputune"])
  }

  @Test func aDomainThatGoesTakesItsPartsAlong() {
    var after = Self.good
    after.domains.removeLast()
    let report = Self.drift(Self.good, after)
    #expect(report.drifted.map(\.subject) == [Subject(.domain, "web1")])
    #expect(render(report, as: .text).contains("domain web1 is gone"))
  }

  @Test func whatMovesByItselfIsNoDrift() {
    let after = Self.good
      .with("/proc/sys/fs/aio-nr", "77\n").with("/proc/uptime", "1 1\n")
      .with("/sys/kernel/mm/ksm/pages_sharing", "9\n")
      .with("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "0\n")
      .with("/proc/sys/kernel/hostname", "renamed\n").withDirectory("/sys/block/loop7")
    let report = Self.drift(Self.good, after)
    #expect(report.drifted == [])
    #expect(report.notices.contains { $0.contains("was named") })
  }

  @Test func whatCannotBeReadNowIsSaidAndNotCompared() {
    let after = Self.good.withUnreadable("/proc/sys/vm/swappiness")
    let report = Self.drift(Self.good, after)
    #expect(report.drifted == [])
    #expect(report.notices.contains { $0.contains("/proc/sys/vm/swappiness: permission denied") })
  }

  @Test func withoutLibvirtNoDomainIsGone() {
    var after = Self.good
    after.domains = []
    after.domainsMissing = "qemu:///system: no socket"
    let report = Self.drift(Self.good, after)
    #expect(report.drifted == [])
    #expect(report.notices.contains { $0.contains("no socket") })
    #expect(Self.drift(after, Self.good).drifted == [])
  }

  @Test func aDefinitionThatCannotBeReadIsNotGone() {
    var after = Self.good
    after.domains[1] = DomainSource(origin: "web1.xml", persistent: Known("<domain", from: "x"))
    #expect(Self.drift(Self.good, after).drifted == [])
  }

  @Test func aClockThatGoesBackIsSaidAndLosesNothing() {
    let after = Self.good.with("/proc/sys/vm/swappiness", "60\n")
    let report = Self.drift(Self.good, after, at: "2020-01-01T00:00:00Z")
    #expect(report.drifted.count == 1)
    #expect(report.notices.contains { $0.contains("clock") })
  }

  @Test func whoMayHaveDoneItIsSaid() throws {
    let base = Self.good.without("/etc/sysctl.d/50-site.conf")
    let after = base.with("/proc/sys/vm/swappiness", "61\n")
    #expect(Self.drift(base, after).drifted.first?.by == nil)
    let set = after.with("/etc/sysctl.d/99-site.conf", "vm.swappiness = 61\n")
    let entry = Self.drift(base, set).drifted.first { $0.id.key == "vm.swappiness" }
    #expect(entry?.by == "as /etc/sysctl.d/99-site.conf sets it")
    // Saved 2026-11-24T15:37:26Z, booted eleven minutes later.
    let booted = after.with("/proc/stat", "cpu 1 2\nbtime 1795535306\n")
    #expect(
      Self.drift(base, booted).drifted.first?.by == "perhaps the boot of 2026-11-24T15:48:26Z")
    let before = after.with("/proc/stat", "cpu 1 2\nbtime 1795534000\n")
    #expect(Self.drift(base, before).drifted.first?.by == nil)
  }

  @Test(arguments: CapturedHost.names)
  func aCapturedHostDoesNotDriftFromItself(name: String) throws {
    let archive = try CapturedHost(name)
    var snapshot = Snapshot()
    for (path, entry) in archive.entries {
      guard case .file(let bytes) = entry else { continue }
      snapshot.files["/" + path] = .text(String(decoding: bytes, as: UTF8.self))
    }
    #expect(Self.drift(snapshot, snapshot).drifted == [])
    #expect(Self.baseline(snapshot).facts.count > 40)
  }
}
