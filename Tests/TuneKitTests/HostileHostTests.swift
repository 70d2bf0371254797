// Every file of a host may hold anything: rules say unknown, and nothing traps.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct HostileHostTests {
  private static let values = [
    "9223372036854775807", "-9223372036854775808", "18446744073709551616", "", "\u{0}", "0-65535",
    "1e308 nan inf", "N0=9223372036854775807 N1=9223372036854775807 anon=1 kernelpagesize_kB=1",
    "[x] y\nz: 9223372036854775807 kB\n", "{\"a\":{\"b\":[9e99]}}", "<a><b/></a>",
  ]

  private static let host: Snapshot = {
    var host = Snapshot.exampleHost(pages2M: (4096, 4096))
    for name in ["db", "latency", "hpc", "network", "gpu", "general-windows"] {
      host = host.withDomain(DomainFixture.all[name]?.text ?? "", running: true)
      host = host.with(
        domain: (DomainFixture.all[name]?.text ?? "").replacing("<name>", with: "<name>x"))
    }
    return host.with("/proc/4242/numa_maps", "").with("/proc/4242/smaps", "")
      .with("/proc/4242/cgroup", "0::/a\n").with("/sys/fs/cgroup/a/cpu.stat", "")
      .with("/proc/4242/task/4242/comm", "CPU 0/KVM\n").with("/proc/4242/task/4242/status", "")
      .with("/tuned-vm/images.json", "{}").with("/tuned-vm/filesystems.json", "{}")
      .with("/tuned-vm/lvm.json", "{}").with("/tuned-vm/ovs.json", "{}")
      .with("/tuned-vm/versions.json", "{}").with("/tuned-vm/capabilities.xml", "<a/>")
      .with("/etc/libvirt/storage/images.xml", "<a/>")
      .with("/etc/libvirt/qemu/networks/default.xml", "<a/>").with("/proc/net/ipv6_route", "")
  }()

  private func audit(_ host: Snapshot, _ family: ProfileFamily) throws -> Int {
    let context = Context(
      facts: Facts(host), profile: try ShippedForTests.profile(family), today: "2026-06-01")
    return Audit.assess(context, rules: Catalogue.all).count
  }

  @Test(arguments: values.indices)
  func aHostFullOfNonsenseIsJudged(index: Int) throws {
    var host = Self.host
    for path in host.files.keys { host.files[path] = .text(Self.values[index]) }
    for family in [ProfileFamily.general, .hpc, .secure] {
      #expect(try audit(host, family) > 0)
    }
  }

  /// Half of the files hold nonsense, the others what they should: the parts don't fit each other.
  @Test(arguments: 0..<8)
  func aHostHalfFullOfNonsenseIsJudged(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    var host = Self.host
    for path in host.files.keys.sorted() where random.next() % 2 == 0 {
      host.files[path] = .text(Self.values[Int(random.next() % UInt64(Self.values.count))])
    }
    for family in [ProfileFamily.db, .network, .migratable] {
      #expect(try audit(host, family) > 0)
    }
  }
}
