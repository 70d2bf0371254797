// Faults planted into right definitions, one at a time: the rule that must name it, and on what.

import TestSupport
import Testing

@testable import TuneKit

/// One fault and the finding it must cause.
struct PlantedFault: Sendable, CustomStringConvertible {
  /// The definition it is planted into.
  let base: String
  /// The rule that must speak.
  let rule: String
  /// The name of the subject it must speak of.
  let subject: String
  /// Texts that are replaced, each of which must be there.
  var edits: [(String, String)] = []
  /// What happens to the host.
  var host: @Sendable (Snapshot) -> Snapshot = { $0 }
  /// Whether the guest runs.
  var runs = false
  /// Another profile than the definition's own.
  var family: ProfileFamily?

  var description: String {
    "\(rule) in \(base): \(edits.map(\.1).joined(separator: " ").prefix(60))"
  }

  /// Replaces a text by another.
  static func edit(
    _ base: String, _ rule: String, _ subject: String, _ old: String, _ new: String,
    under family: ProfileFamily? = nil
  ) -> PlantedFault {
    PlantedFault(base: base, rule: rule, subject: subject, edits: [(old, new)], family: family)
  }

  /// Replaces a text by another in a guest that runs on a changed host.
  static func host(
    _ base: String, _ rule: String, _ subject: String, runs: Bool = true,
    under family: ProfileFamily? = nil, _ change: @escaping @Sendable (Snapshot) -> Snapshot
  ) -> PlantedFault {
    PlantedFault(
      base: base, rule: rule, subject: subject, host: change, runs: runs, family: family)
  }

  static let all = cpu + numa + memory + disks + network + platform
}

extension Snapshot {
  /// A right definition with one text replaced, as one more running guest.
  func beside(_ name: String, _ edits: (String, String)...) -> Snapshot {
    let text = DomainFixture.all[name]?.text ?? ""
    return withDomain(edits.reduce(text) { $0.replacing($1.0, with: $1.1) }, running: true)
  }
}

@Suite struct PlantedFaultTests {
  @Test func thereAreEnoughOfThem() { #expect(PlantedFault.all.count >= 150) }

  @Test(arguments: PlantedFault.all.indices)
  func theFaultIsNamed(index: Int) throws {
    let fault = PlantedFault.all[index]
    let fixture = try #require(DomainFixture.all[fault.base])
    var text = fixture.text
    for (old, new) in fault.edits {
      try #require(text.contains(old), "\(fault): nothing to replace: \(old)")
      text = text.replacing(old, with: new)
    }
    var host = fault.host(Snapshot.fixtureHost)
    if fault.runs {
      host = host.withDomain(text, running: true)
    } else {
      host = host.with(domain: text)
    }
    let family = fault.family ?? fixture.family
    let audit = try DomainAudit(host, family)
    let found = audit.found(fault.rule, fault.subject)
    let all = audit.findings.map { "\($0.severity.word) \($0.about.id) \($0.subject.name)" }
    #expect(found != nil, "\(fault)\n\(all.joined(separator: "\n"))")
    // Nothing grave that the right definition hasn't, but what shares the fault's cause.
    let others = audit.findings.filter {
      $0.severity >= .warning && $0.about.id != fault.rule && $0.domain == found?.domain
        && !Self.mayFollow($0, found)
    }
    #expect(
      others.isEmpty,
      "\(fault) also: \(others.map { "\($0.about.id) \($0.subject.name)" }.joined(separator: ", "))"
    )
  }

  /// Rules that speak with another one of the same matter.
  private static let together: [String: Set<String>] = [
    "cpu.pin-siblings": ["cpu.vcpusched"], "mem.locked": ["mem.hugepages-backing"],
    "dom.machine-type": ["gpu.guest-shape"], "sec.confidential-conflict": ["mem.locked"],
    "cpu.pin-offline": ["numa.vcpu-spread", "numa.memory-binding", "cpu.isolation"],
    "cpu.topology": ["numa.guest-topology"],
    "numa.vcpu-spread": [
      "numa.guest-topology", "numa.memory-binding", "numa.device-locality", "cpu.topology",
      "cpu.vcpusched", "cpu.pin-siblings",
    ],
    "numa.guest-topology": ["numa.memory-binding", "numa.vcpu-spread"],
    "numa.memory-binding": ["numa.guest-topology", "mem.hugepages-node", "mem.hugepages-pool"],
    "cpu.pin-overlap": [
      "cpu.kvm-hints", "cpu.pin-siblings", "cpu.vcpusched", "cpu.dedicated-shared",
      "cpu.pin-required",
    ],
    "cpu.dedicated-shared": ["cpu.kvm-hints", "size.cpu-overcommit"],
    "cpu.pin-required": [
      "cpu.kvm-hints", "cpu.vcpusched", "cpu.emulatorpin", "cpu.isolated-floating", "cpu.topology",
      "net.multiqueue",
    ],
    "cpu.pin-complete": ["cpu.pin-required", "cpu.kvm-hints", "cpu.vcpusched"],
    "cpu.kvm-hints": ["cpu.dedicated-shared", "cpu.pin-overlap"],
    "disk.io-mode": ["disk.cache-mode"], "disk.cache-mode": ["disk.io-mode", "mig.cache-safe"],
    "mig.cache-safe": ["disk.cache-mode", "disk.io-mode"],
    "mem.hugepages-pool": ["mem.hugepages-node"], "mem.hugepages-node": ["mem.hugepages-pool"],
    "size.vcpu-over-host": [
      "cpu.pin-required", "size.vcpu-over-node", "cpu.topology", "numa.guest-topology",
      "net.multiqueue", "cpu.pin-complete",
    ],
    "size.vcpu-over-node": ["cpu.pin-required", "cpu.topology", "net.multiqueue"],
    "mig.device": ["sec.confidential-conflict"],
    "gpu.vfio-iommu": ["net.sriov-vf"], "net.sriov-vf": ["gpu.vfio-iommu", "mig.device"],
    "mem.balloon": ["mem.balloon-conflict"],
    "mem.balloon-conflict": ["mem.balloon", "gpu.guest-shape"],
    "cpu.isolated-floating": [
      "cpu.topology", "numa.vcpu-spread", "numa.guest-topology", "cpu.pin-siblings",
      "cpu.dedicated-shared", "cpu.vcpusched",
    ],
    "size.mem-overcommit": ["mem.host-reserve"],
    "disk.bus": ["disk.iothread", "disk.queues"],
    "sec.nested-exposed": ["nest.migration"], "nest.migration": ["sec.nested-exposed"],
  ]

  private static func mayFollow(
    _ other: Audit.Assessment, _ found: Audit.Assessment?
  ) -> Bool {
    guard let found else { return false }
    if together[found.about.id]?.contains(other.about.id) == true { return true }
    guard case .violated(let left) = other.verdict, case .violated(let right) = found.verdict,
      let cause = left.cause
    else { return false }
    return cause == right.cause
  }
}
