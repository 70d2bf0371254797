// Laws that hold for every rule, tried on every example of every rule.

import Testing

@testable import TuneKit

/// The shipped profiles, read once.
enum ShippedForTests {
  private static let all: [ProfileFamily: EffectiveProfile] = {
    var result: [ProfileFamily: EffectiveProfile] = [:]
    for family in ProfileFamily.allCases {
      result[family] = try? ProfileLibrary.effective(family.rawValue)
    }
    return result
  }()

  /// Profiles of the domains whose metadata names one.
  static func tagged(_ facts: Facts) throws -> [String: EffectiveProfile] {
    var result: [String: EffectiveProfile] = [:]
    for domain in facts.domains {
      guard let name = domain.definition.tags.profile, let family = ProfileFamily(rawValue: name)
      else { continue }
      result[domain.key] = try profile(family)
    }
    return result
  }

  static func profile(_ family: ProfileFamily) throws -> EffectiveProfile {
    try #require(all[family])
  }
}

@Suite struct RuleLawTests {
  private static let ids = Catalogue.all.map(\.about.id)

  private func rule(_ id: String) throws -> RuleInstance {
    try #require(Catalogue.all.first { $0.about.id == id })
  }

  private func judgements(
    _ rule: RuleInstance, _ snapshot: Snapshot, _ family: ProfileFamily
  ) throws -> [Judgement] {
    let context = Context(
      facts: Facts(snapshot), profile: try ShippedForTests.profile(family), today: "2026-01-01")
    let judgements = rule.evaluate(context)
    // A rule that wants domains elsewhere is asked again, as a plan does, knowing where.
    let wanted = judgements.reduce(into: Set<String>()) { keys, judgement in
      if case .violated(let violation) = judgement.verdict {
        keys.formUnion(violation.remedy.moves)
      }
    }
    guard !wanted.isEmpty else { return judgements }
    return rule.evaluate(context.with(HomeFinder(context: context, wanted: wanted).find()))
  }

  @Test(arguments: ids)
  func aRemedyPutsTheMatterRight(id: String) throws {
    let rule = try rule(id)
    for example in rule.examples {
      let snapshot = example.snapshot
      for judgement in try judgements(rule, snapshot, example.family) {
        guard case .violated(let violation) = judgement.verdict, !violation.remedy.changes.isEmpty
        else { continue }
        let changed = try snapshot.applying(violation.remedy.changes)
        let after = try judgements(rule, changed, example.family)
          .filter { $0.subject == judgement.subject }
        for next in after {
          if case .violated(let still) = next.verdict {
            Issue.record("\(id): \(example.title): after its own change: \(still.message)")
          }
        }
      }
    }
  }

  /// The engine does not ask such a rule where its table says off.
  @Test func aRuleOfFinalSeveritiesStatesNoneItself() throws {
    let rules = Catalogue.all.filter(\.about.severity.isFinal)
    #expect(!rules.isEmpty)
    for rule in rules {
      for example in rule.examples {
        for judgement in try judgements(rule, example.snapshot, example.family) {
          guard case .violated(let violation) = judgement.verdict else { continue }
          #expect(violation.severity == nil, "\(rule.about.id): \(example.title)")
        }
      }
    }
  }

  @Test(arguments: ids)
  func anUnreadableFactIsUnknownAndNoViolation(id: String) throws {
    let rule = try rule(id)
    for example in rule.examples {
      let snapshot = example.snapshot
      for judgement in try judgements(rule, snapshot, example.family) {
        guard case .violated(let violation) = judgement.verdict,
          let path = violation.evidence.first?.source.split(separator: " ").first.map(String.init),
          snapshot.files[path] != nil
        else { continue }
        let after = try judgements(rule, snapshot.withUnreadable(path), example.family)
          .filter { $0.subject == judgement.subject }
        for next in after {
          if case .violated(let still) = next.verdict, still.evidence.first?.source == path {
            Issue.record("\(id): \(example.title): \(path) unreadable: \(still.message)")
          }
        }
      }
    }
  }

  @Test(arguments: ids)
  func theOrderOfDomainsDoesNotMatter(id: String) throws {
    let rule = try rule(id)
    for example in rule.examples {
      var turned = example.snapshot
      guard turned.domains.count > 1 else { continue }
      let keys = Facts(turned).domains.map(\.key)
      guard !keys.contains(where: { $0.contains("#") }) else { continue }
      turned.domains.reverse()
      let before = try judgements(rule, example.snapshot, example.family)
      let after = try judgements(rule, turned, example.family)
      let left = before.map { "\($0.subject) \($0.verdict.word)" }.sorted()
      let right = after.map { "\($0.subject) \($0.verdict.word)" }.sorted()
      #expect(left == right, "\(id): \(example.title)")
    }
  }

  /// The worst host there is: no two rules may pull one knob in two directions.
  @Test(arguments: ProfileFamily.allCases)
  func noTwoRulesWantDifferentValues(family: ProfileFamily) throws {
    var host = Snapshot.exampleHost()
    for (path, text) in [
      ("/proc/sys/vm/swappiness", "100"), ("/proc/sys/vm/dirty_ratio", "90"),
      ("/proc/sys/vm/zone_reclaim_mode", "1"), ("/proc/sys/kernel/numa_balancing", "2"),
      ("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]"),
      ("/sys/kernel/mm/transparent_hugepage/defrag", "[always] defer madvise never"),
      ("/sys/kernel/mm/ksm/run", "1"), ("/sys/block/nvme0n1/queue/scheduler", "none [kyber]"),
      ("/sys/block/sda/queue/scheduler", "[none] mq-deadline bfq"),
      ("/sys/devices/system/cpu/intel_pstate/no_turbo", "1"),
      ("/sys/devices/system/cpu/intel_pstate/max_perf_pct", "50"),
      ("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave"),
      ("/sys/devices/system/cpu/cpufreq/policy0/energy_performance_preference", "power"),
      ("/sys/module/kvm/parameters/halt_poll_ns", "0"),
    ] { host = host.with(path, text + "\n") }
    let disk =
      "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='writeback'"
      + " io='native'/><source file='/images/a.qcow2'/><target dev='vda' bus='virtio'/></disk>"
    host = host.with("/proc/mounts", "nas:/vm /images nfs4 rw 0 0\n").withDomain(
      DomainXML.example(
        name: "wide", vcpus: 12, memoryMiB: 65_536, system: DomainXML.linux,
        extra: "<cpu mode='host-passthrough'/>", devices: disk), running: true
    ).withDomain(
      DomainXML.example(name: "plain", vcpus: 2, system: DomainXML.windows, devices: disk),
      running: true)
    let context = Context(
      facts: Facts(host), profile: try ShippedForTests.profile(family),
      today: "2026-01-01")
    var wanted: [String: (rule: String, value: String)] = [:]
    for rule in Catalogue.all {
      for judgement in rule.evaluate(context) {
        guard case .violated(let violation) = judgement.verdict else { continue }
        for (target, value) in violation.remedy.changes.flatMap(Self.targets) {
          if let other = wanted[target], other.value != value, other.rule != rule.about.id {
            Issue.record(
              "\(target): \(other.rule) wants \(other.value), \(rule.about.id) wants \(value)")
          }
          wanted[target] = (rule.about.id, value)
        }
      }
    }
    #expect(wanted.count > 5)
  }

  private static func targets(_ change: Change) -> [(String, String)] {
    switch change {
    case .knob(let path, let value): [(path, value)]
    case .persist(.sysctl(let key, let value)): [("sysctl " + key, value)]
    case .persist(.tmpfile(let path, let value)): [("tmpfile " + path, value)]
    case .persist(.modprobe(let module, let option, let value)): [("\(module).\(option)", value)]
    case .persist: []
    case .hugePages(let node, let size, let count): [("pages \(node) \(size)", "\(count)")]
    case .domain(let change):
      change.edits.compactMap { edit in
        switch edit {
        case .setAttribute(let path, let name, let value):
          ("\(change.domain) \(path)/@\(name)", value)
        case .setText(let path, let text): ("\(change.domain) \(path)", text)
        case .removeAttribute, .ensure, .remove: nil
        }
      }
    }
  }
}
