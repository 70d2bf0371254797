// The right domains of Tests/Fixtures/domains, on a host that is right for all of them.

import Glibc
import TestSupport

@testable import TuneKit

/// A reviewed domain definition that nothing is wrong with.
struct DomainFixture: Sendable, CustomStringConvertible {
  /// The file's name without `.xml`; its first word is the profile it is right for.
  let name: String
  /// The definition.
  let text: String

  var description: String { name }

  /// The profile it is right for.
  var family: ProfileFamily {
    let word = name.prefix { $0 != "-" }
    let others: [Substring: ProfileFamily] = ["gpu": .hpc, "sev": .secure]
    return others[word] ?? ProfileFamily.allCases.first { $0.rawValue == word } ?? .general
  }

  /// All of them, by name.
  static let all: [String: DomainFixture] = {
    let directory = CapturedHost.fixtures + "/domains"
    guard let stream = opendir(directory) else { return [:] }
    defer { closedir(stream) }
    var found: [String: DomainFixture] = [:]
    while let item = readdir(stream) {
      let file = withUnsafePointer(to: &item.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard file.hasSuffix(".xml") else { continue }
      let name = String(file.dropLast(4))
      found[name] = DomainFixture(name: name, text: read("\(directory)/\(file)"))
    }
    return found
  }()

  private static func read(_ path: String) -> String {
    guard let stream = fopen(path, "r") else { return "" }
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, stream)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

extension Snapshot {
  /// Two packages of 16 cores, SMT, 256 GiB and pools of huge pages on each node; disks, images and
  /// networks that the fixtures name; CPUs 4-7 isolated for real-time guests.
  static let fixtureHost: Snapshot = {
    var host = Snapshot.exampleHost(
      coresPerNode: 16, memoryMiBPerNode: 262_144, pages2M: (16_384, 16_384), pages1G: (64, 64))
    host = host.with("/sys/devices/system/cpu/isolated", "4-7\n")
      .with("/proc/mounts", "/dev/sda1 / ext4 rw 0 0\nnas:/vm /srv/nfs nfs4 rw 0 0\n")
      .with("/tuned-vm/versions.json", "{\"libvirt\":9000000,\"hypervisor\":7002000}\n")
      .with(
        "/tuned-vm/capabilities.xml",
        "<capabilities><host><secmodel><model>apparmor</model></secmodel></host></capabilities>"
      )
      .with(
        "/etc/libvirt/storage/images.xml",
        "<pool type='dir'><name>images</name><target><path>/var/lib/libvirt/images</path></target>"
          + "</pool>"
      )
      .with(
        "/etc/libvirt/qemu/networks/default.xml",
        "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/></network>"
      )
      .with(
        "/etc/libvirt/qemu/networks/k8s.xml",
        "<network><name>k8s</name><forward mode='bridge'/><bridge name='br0'/></network>"
      )
      .with(
        "/tuned-vm/filesystems.json",
        #"{"/var/lib/libvirt/images":{"type":"ext4"},"/srv/nfs":{"type":"nfs4"}}"#
      )
      .with("/tuned-vm/images.json", "{\(images.joined(separator: ","))}")
    for (place, volume) in ["win2022", "wide", "sim1", "vault", "batch1", "batch2", "sealed"]
      .enumerated()
    {
      host = host.with("/sys/block/dm-\(place)/dm/name", "vg0-\(volume)\n")
        .with("/sys/block/dm-\(place)/queue/physical_block_size", "512\n")
        .withDirectory("/sys/block/dm-\(place)/slaves", ["sda2"])
    }
    return host.withFunctions().withGPU()
  }()

  private static var images: [String] {
    let raw = ["db1-log.raw", "rt1.raw", "fw1.raw", "fn1.raw"].map {
      #""/var/lib/libvirt/images/\#($0)":{"kind":"file","format":"raw","virtualBytes":80000000000,"#
        + #""allocatedBytes":80000000000}"#
    }
    let thin = ["web1", "pc7", "worker-0", "arm", "s390", "ppc"].map {
      #""/var/lib/libvirt/images/\#($0).qcow2":{"kind":"file","format":"qcow2","#
        + #""virtualBytes":80000000000,"allocatedBytes":9000000,"clusterBytes":65536}"#
    }
    let shared =
      #""/srv/nfs/erp1.raw":{"kind":"file","format":"raw","virtualBytes":80000000000,"#
      + #""allocatedBytes":80000000000}"#
    return raw + thin + [shared]
  }

  /// Two virtual functions of the card on node 0, each in a group of its own; a second bridge whose
  /// card has no functions and no node.
  private func withFunctions() -> Snapshot {
    var host = self
    for number in 0..<2 {
      let base = "/sys/bus/pci/devices/0000:3b:02.\(number)"
      host = host.with(base + "/class", "0x020000\n").with(base + "/numa_node", "0\n")
        .withLink(base + "/physfn", "/sys/bus/pci/devices/0000:3b:00.0")
        .withLink(base + "/iommu_group", "/sys/kernel/iommu_groups/\(50 + number)")
        .withLink(base + "/driver", "/sys/bus/pci/drivers/vfio-pci")
        .withDirectory(
          "/sys/kernel/iommu_groups/\(50 + number)/devices", ["0000:3b:02.\(number)"])
    }
    return host.with("/sys/class/net/br1/uevent", "DEVTYPE=bridge\n")
      .with("/sys/class/net/br1/mtu", "1500\n").withDirectory("/sys/class/net/br1/bridge", [])
      .with("/sys/class/net/eno2/mtu", "1500\n").with("/sys/class/net/eno2/speed", "25000\n")
      .withLink("/sys/class/net/eno2/device", "/sys/devices/pci0000:d7/0000:d8:00.0")
      .withLink("/sys/class/net/eno2/master", "/sys/devices/virtual/net/br1")
      .withLink("/sys/class/net/br1", "/sys/devices/virtual/net/br1")
      .with("/sys/class/net/eno1/device/sriov_numvfs", "2\n")
  }

  /// A GPU on node 1, bound to vfio-pci, alone in its group.
  private func withGPU() -> Snapshot {
    let base = "/sys/bus/pci/devices/0000:af:00.0"
    return with(base + "/class", "0x030200\n").with(base + "/vendor", "0x10de\n")
      .with(base + "/device", "0x20b5\n").with(base + "/numa_node", "1\n")
      .with(base + "/boot_vga", "0\n").withLink(base + "/driver", "/sys/bus/pci/drivers/vfio-pci")
      .withLink(base + "/iommu_group", "/sys/kernel/iommu_groups/60")
      .withDirectory("/sys/kernel/iommu_groups/60/devices", ["0000:af:00.0"])
  }
}

/// What the catalogue says about domains.
struct DomainAudit {
  let findings: [Audit.Assessment]

  /// Rules that can speak of a domain; the others read the same host again and again.
  private static let rules =
    (Catalogue.domainRules + Catalogue.platformRules
    + [NetSRIOVCandidate.self]).map { RuleInstance($0) }

  /// Evaluates every rule and keeps what is about domains, or about the host because of them.
  init(_ host: Snapshot, _ family: ProfileFamily) throws {
    let ofGuests = ["mem.hugepages-pool", "mem.hugepages-node"]
    let context = Context(
      facts: Facts(host), profile: try ShippedForTests.profile(family), today: "2026-06-01")
    findings = Audit.assess(context, rules: Self.rules).filter {
      guard case .violated = $0.verdict else { return false }
      return $0.subject.isOfDomain || ofGuests.contains($0.about.id)
        || $0.about.id.hasPrefix("size.")
    }
  }

  /// Critical and warning ones, in words.
  var grave: [String] {
    findings.filter { $0.severity >= .warning }.map {
      var message = ""
      if case .violated(let violation) = $0.verdict { message = violation.message }
      return "\($0.severity.word) \($0.about.id) \($0.subject.name): \(message)"
    }
  }

  func found(_ rule: String, _ subject: String) -> Audit.Assessment? {
    findings.first { $0.about.id == rule && $0.subject.name == subject }
  }
}
