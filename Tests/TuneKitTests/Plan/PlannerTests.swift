import Testing

@testable import TuneKit

@Suite struct PlannerTests {
  private static let knob = "/proc/sys/vm/swappiness"
  private static let governor = "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor"
  private static let epp =
    "/sys/devices/system/cpu/cpufreq/policy0/energy_performance_preference"
  private static let pool = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB"

  private func guest(_ os: String = "http://debian.org/debian/12", extra: String = "") -> String {
    """
    <domain type='kvm'>
      <name>web1</name>
      <metadata>
        <o:libosinfo xmlns:o="http://libosinfo.org/xmlns/libvirt/domain/1.0"><o:os id="\(os)"/></o:libosinfo>
      </metadata>
      <memory unit='MiB'>64</memory>
      <vcpu>2</vcpu>
      \(extra)
      <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
      <devices>
        <disk type='file' device='disk'><target dev='hda' bus='ide'/></disk>
        <graphics type='vnc' passwd='secret'/>
      </devices>
    </domain>

    """
  }

  private func host(_ xml: String? = nil, savedImage: Bool? = false) -> Snapshot {
    var host = Snapshot(
      files: [
        Self.knob: .text("60\n"), Self.governor: .text("powersave\n"),
        Self.epp: .text("balance_performance\n"),
        Self.pool + "/nr_hugepages": .text("0\n"), Self.pool + "/free_hugepages": .text("0\n"),
        "/sys/devices/system/node/online": .text("0\n"),
        "/sys/devices/system/node/node0/cpulist": .text("0-3\n"),
        "/sys/devices/system/node/node0/meminfo": .text("Node 0 MemTotal:  8388608 kB\n"),
        "/sys/devices/system/cpu/online": .text("0-3\n"),
      ],
      directories: [
        "/sys/devices/system/node": ["node0", "online"],
        "/sys/devices/system/node/node0": ["cpulist", "hugepages", "meminfo"],
        "/sys/devices/system/node/node0/hugepages": ["hugepages-2048kB"],
      ])
    if let xml {
      host.domains = [
        DomainSource(
          origin: "/etc/libvirt/qemu/web1.xml", persistent: Known(xml, from: "web1.xml"),
          state: .shutOff, hasManagedSave: savedImage, hasSnapshots: false)
      ]
    }
    return host
  }

  private func rule(
    _ id: String, _ subject: Subject = Subject(.host, "h"), _ effect: RemedyClass = .live,
    _ changes: Change...
  ) -> RuleInstance {
    let about = RuleInfo(
      id: id, title: id, severity: Severities(.warning), rationale: "", cost: "cost of \(id)",
      notWhen: "", sources: [])
    return RuleInstance(about: about) { _ in
      let remedy = Remedy(effect, "mend \(id)", changes: changes)
      return [Judgement(subject, .violated(Violation("m", evidence: [], remedy: remedy)))]
    }
  }

  private func plan(
    _ snapshot: Snapshot, _ rules: [RuleInstance], _ options: PlanOptions = PlanOptions(),
    waivers: [Waiver] = []
  ) -> Plan {
    let context = Context(
      facts: Facts(snapshot), profile: EffectiveProfile(name: "test"),
      configuration: Configuration(waivers: waivers), today: "2026-01-01")
    let report = Audit.report(context, rules: rules, toolVersion: "0", generatedAt: "")
    return Planner.plan(report, context, rules: rules, options: options)
  }

  private func domain(_ edits: XMLEdit...) -> Change {
    .domain(DomainChange(domain: "web1", edits: edits))
  }

  private let bus = XMLEdit.setAttribute("devices/disk/target", name: "bus", value: "virtio")

  // MARK: - Order, conflicts, dependencies

  @Test func driverSettingsComeBeforeTheGovernorAndPagesBeforeDefinitions() {
    let plan = plan(
      host(guest()),
      [
        rule("a", Subject(.host, "h"), .live, domain(.ensure("memoryBacking/hugepages"))),
        rule(
          "b", Subject(.host, "h"), .live, .hugePages(node: 0, pageSizeKiB: 2048, count: 10)),
        rule(
          "c", Subject(.host, "h"), .live, .knob(path: Self.governor, value: "schedutil"),
          .persist(.sysctl(key: "x", value: "1"))),
        rule("d", Subject(.host, "h"), .live, .knob(path: Self.epp, value: "performance")),
      ])
    #expect(plan.work.map(\.rule) == ["d", "c", "b", "c", "a"])
  }

  /// The kernel refuses another preference below the performance governor, at boot as well.
  @Test func thePerformanceGovernorMakesThePreferenceNeedless() {
    func line(_ path: String) -> Change {
      .persist(.tmpfile(path: path, value: "performance"))
    }
    let plan = plan(
      host(guest()),
      [
        rule(
          "c", Subject(.host, "h"), .live, .knob(path: Self.governor, value: "performance"),
          line("/x/policy*/scaling_governor")),
        rule(
          "d", Subject(.host, "h"), .live, .knob(path: Self.epp, value: "performance"),
          line("/x/policy*/energy_performance_preference")),
      ])
    #expect(plan.work.map(\.rule) == ["c", "c"])
    #expect(plan.work.map(\.alsoFor) == [["d"], ["d"]])
    #expect(plan.refusals.isEmpty)
  }

  @Test func aRemovalStaysBeforeWhatTakesItsPlace() throws {
    let guest = guest(extra: "<memballoon model='virtio'><stats period='5'/></memballoon>")
    let edits = domain(
      .remove("devices/memballoon"),
      .setAttribute("devices/memballoon", name: "model", value: "none"))
    let plan = plan(host(guest), [rule("a", Subject(.domain, "web1"), .nextGuestStart, edits)])
    let diff = try #require(plan.work.first?.diff)
    #expect(diff.contains("<memballoon model='none'/>"))
  }

  @Test func twoWishesForOneKnobAreAContradictionAndNeitherIsMade() {
    let plan = plan(
      host(),
      [
        rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10")),
        rule("b", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "1")),
      ])
    #expect(plan.work.isEmpty)
    #expect(plan.conflicts.map(\.target) == [Self.knob])
    #expect(plan.conflicts.first?.wishes.map(\.rule) == ["a", "b"])
    #expect(
      Set(plan.refusals.map(\.reason)) == [
        "two rules want different values; choose one with --only or --skip"
      ])
  }

  /// Each edit reads the whole definition: a long one with many edits would take minutes.
  @Test func aDefinitionTooLargeForItsEditsIsLeftAlone() {
    let guest = guest(extra: "<!--\(String(repeating: "x", count: 1 << 20))-->")
    let edits = (0..<16).map { XMLEdit.setAttribute("features", name: "a\($0)", value: "1") }
    let change = Change.domain(DomainChange(domain: "web1", edits: edits))
    let plan = plan(host(guest), [rule("a", Subject(.domain, "web1"), .nextGuestStart, change)])
    #expect(plan.work.isEmpty)
    #expect(
      plan.refusals.map(\.reason) == [
        "the definition of 'web1' is too large for so many edits in one plan; choose some with --only"
      ])
  }

  @Test func oneWishOfTwoRulesIsOneChange() {
    let change = Change.knob(path: Self.knob, value: "10")
    let plan = plan(
      host(),
      [
        rule("a", Subject(.host, "h"), .live, change),
        rule("b", Subject(.host, "h"), .live, change),
      ])
    #expect(plan.work.map(\.rule) == ["a"])
    #expect(plan.work.first?.alsoFor == ["b"])
    #expect(plan.conflicts.isEmpty)
  }

  @Test func anEditInsideAnElementThatAnotherRuleRemovesIsAContradiction() {
    let plan = plan(
      host(guest()),
      [
        rule("a", Subject(.host, "h"), .live, domain(.remove("devices/disk"))),
        rule("b", Subject(.host, "h"), .live, domain(bus)),
      ])
    #expect(plan.work.isEmpty && plan.conflicts.count == 1)
  }

  @Test func whatRestsOnAChangeThatIsNotMadeIsNotMadeAndNamed() {
    let plan = plan(
      host(guest()),
      [
        rule(
          "a", Subject(.domain, "web1"), .nextGuestStart,
          .hugePages(node: 0, pageSizeKiB: 2048, count: 4_000),
          domain(.ensure("memoryBacking/hugepages")))
      ])
    #expect(plan.work.isEmpty)
    #expect(plan.refusals.map(\.cause) == [.unsafe, .dependency])
    #expect(plan.refusals.first?.reason.contains("node 0 has 8192 MiB") == true)
    #expect(
      plan.refusals.last?.reason
        == "it rests on a on '/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages', which is not made"
    )
  }

  @Test func whatTheReachLeavesOutWasNotAskedForNorWasWhatRestsOnIt() {
    let plan = plan(
      host(guest()),
      [
        rule(
          "a", Subject(.domain, "web1"), .nextGuestStart,
          .hugePages(node: 0, pageSizeKiB: 2048, count: 4),
          domain(.ensure("memoryBacking/hugepages")))
      ], PlanOptions(reachesHost: false))
    #expect(plan.work.isEmpty)
    #expect(plan.refusals.count == 2)
    #expect(plan.refusals.allSatisfy { !$0.isAskedFor })
  }

  @Test func whatMakesAPoolLastFollowsTheLargestWish() {
    func wish(_ id: String, _ count: Int) -> RuleInstance {
      rule(
        id, Subject(.host, "h"), .live, .hugePages(node: 0, pageSizeKiB: 2048, count: count),
        .persist(.tmpfile(path: Self.pool + "/nr_hugepages", value: "\(count)")))
    }
    let plan = plan(host(), [wish("a", 10), wish("b", 30)])
    #expect(plan.conflicts.isEmpty)
    #expect(plan.work.map(\.after) == ["30", "w \(Self.pool)/nr_hugepages - - - - 30"])
  }

  @Test func theLargestWishForAPoolServesAll() {
    let plan = plan(
      host(),
      [
        rule(
          "a", Subject(.host, "h"), .live, .hugePages(node: 0, pageSizeKiB: 2048, count: 10)),
        rule(
          "b", Subject(.host, "h"), .live, .hugePages(node: 0, pageSizeKiB: 2048, count: 30)),
      ])
    #expect(plan.work.map(\.after) == ["30"])
  }

  @Test func aWaivedFindingIsNotPlanned() {
    let plan = plan(
      host(), [rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10"))],
      waivers: [Waiver(rule: "a", reason: "agreed")])
    #expect(plan.work.isEmpty)
  }

  @Test func aRuleThatAChangeBringsToSpeakIsHeardInTheSamePlan() {
    let first = rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10"))
    let second = RuleInstance(about: first.about.renamed("b")) { context in
      guard context.facts.snapshot.integer(Self.knob).value == 10 else { return [] }
      let remedy = Remedy(
        .live, "x", changes: [.knob(path: Self.governor, value: "performance")])
      return [
        Judgement(Subject(.host, "h"), .violated(Violation("m", evidence: [], remedy: remedy)))
      ]
    }
    #expect(plan(host(), [first, second]).work.map(\.rule) == ["a", "b"])
  }

  // MARK: - Filters

  @Test func filtersOfOneKindAreAlternativesOfDifferentKindsAllMustHold() {
    let rules = [
      rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10")),
      rule(
        "b", Subject(.domain, "web1"), .nextGuestStart,
        domain(.setText("vcpu", "4"))),
    ]
    func made(_ only: [String], skip: [String] = []) -> [String] {
      plan(host(guest()), rules, PlanOptions(only: only, skip: skip)).work.map(\.rule)
    }
    #expect(made([]) == ["a", "b"])
    #expect(made(["a", "b"]) == ["a", "b"])
    #expect(made(["a", "next-guest-start"]) == [])
    #expect(made(["b", "domain:web*"]) == ["b"])
    #expect(made(["live"]) == ["a"])
    #expect(made([], skip: ["domain:web1"]) == ["a"])
    #expect(made([], skip: ["a", "domain:web1"]) == ["a", "b"])
  }

  // MARK: - Gates

  @Test func aGuestThatCouldBecomeUnbootableNeedsRuleDomainAndYes() {
    let rules = [rule("disk.bus", Subject(.domainDisk, "web1/hda"), .nextGuestStart, domain(bus))]
    let named = ["disk.bus", "domain:web1"]
    func kinds(_ options: PlanOptions, _ os: String = "http://debian.org/debian/12")
      -> [PlannedChange.Kind]
    {
      plan(host(guest(os)), rules, options).changes.map(\.kind)
    }
    #expect(kinds(PlanOptions()) == [.advice])
    #expect(kinds(PlanOptions(only: named)) == [.advice])
    #expect(kinds(PlanOptions(only: ["disk.*", "domain:web1"], confirmed: true)) == [.advice])
    #expect(kinds(PlanOptions(only: named, confirmed: true)) == [.domainXML])
    let windows = "http://microsoft.com/win/10"
    #expect(kinds(PlanOptions(only: named, confirmed: true), windows) == [.advice])
    #expect(kinds(PlanOptions(only: named, confirmed: true), "") == [.advice])
  }

  @Test func theMachineTypeStaysAdvice() {
    let edit = XMLEdit.setAttribute("os/type", name: "machine", value: "pc-q35-8.0")
    let rules = [rule("x", Subject(.domain, "web1"), .nextGuestStart, domain(edit))]
    let plan = plan(host(guest()), rules, PlanOptions(only: ["x", "domain:web1"], confirmed: true))
    #expect(plan.changes.map(\.kind) == [.advice])
  }

  @Test func aSavedImageKeepsMachineProcessorAndDisksAsTheyAre() {
    let rules = [
      rule(
        "x", Subject(.domain, "web1"), .nextGuestStart,
        domain(.setAttribute("cpu", name: "mode", value: "host-model")))
    ]
    let plan = plan(host(guest(), savedImage: true), rules)
    #expect(plan.work.isEmpty)
    #expect(plan.refusals.first?.reason.contains("saved image") == true)
  }

  @Test func aTransientDomainGetsAdvice() {
    var host = host()
    host.domains = [
      DomainSource(
        origin: "qemu:///system web1", persistent: nil, live: Known(guest(), from: "x"),
        state: .running)
    ]
    let rules = [
      rule("x", Subject(.domain, "web1"), .live, domain(.setText("vcpu", "4")))
    ]
    #expect(plan(host, rules).changes.map(\.kind) == [.advice])
  }

  @Test func strictMemoryOutOfTheEmulatorsReachIsNeverWritten() {
    let tuned = guest(
      extra:
        "<memoryBacking><hugepages/></memoryBacking><cputune><emulatorpin cpuset='8'/></cputune>")
    let edit = domain(
      .setAttribute("numatune/memory", name: "mode", value: "strict"),
      .setAttribute("numatune/memory", name: "nodeset", value: "0"))
    let rules = [rule("x", Subject(.domain, "web1"), .nextGuestStart, edit)]
    let plan = plan(host(tuned), rules)
    #expect(plan.work.isEmpty)
    #expect(plan.refusals.first?.reason.contains("emulatorpin") == true)
  }

  // MARK: - What is shown

  @Test func theDiffHasNoPasswordAndOnlyTheEdit() throws {
    let edit = XMLEdit.setAttribute(
      "devices/graphics", name: "listen", value: "127.0.0.1")
    let rules = [rule("x", Subject(.domain, "web1"), .nextGuestStart, domain(edit))]
    let plan = plan(host(guest()), rules)
    let diff = try #require(plan.work.first?.diff)
    #expect(!diff.contains("secret") && diff.contains("(hidden)"))
    #expect(diff.split(separator: "\n").filter { $0.hasPrefix("+") }.count == 2)
    #expect(!plan.json.text().contains("secret"))
  }

  @Test func theDigestFollowsWhatChangesReadAndNothingElse() {
    let rules = [rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10"))]
    let digest = plan(host(), rules).factsDigest
    var other = host()
    other.files["/proc/meminfo"] = .text("MemFree: 1 kB\n")
    #expect(plan(other, rules).factsDigest == digest)
    other.files[Self.knob] = .text("61\n")
    #expect(plan(other, rules).factsDigest != digest)
  }

  @Test func aSavedPlanKnowsWhatMoved() throws {
    let rules = [rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10"))]
    let saved = try SavedPlan(Array(plan(host(), rules).json.text().utf8), file: "p.json")
    #expect(saved.moved(since: plan(host(), rules)).isEmpty)
    var other = host()
    other.files[Self.knob] = .text("61\n")
    let moved = saved.moved(since: plan(other, rules))
    #expect(moved == ["a on '\(Self.knob)': was '60' when planned, is '61'"])
  }

  @Test func theScriptQuotesEveryValue() {
    #expect(shellQuoted("a b") == "'a b'")
    #expect(shellQuoted("it's") == "'it'\\''s'")
    #expect(shellQuoted("") == "''")
    #expect(shellQuoted("/sys/x-1_2:3") == "/sys/x-1_2:3")
    #expect(shellQuoted("$(rm -rf /)") == "'$(rm -rf /)'")
  }

  @Test func theScriptOfATreeTouchesTheTreeAlone() {
    let rules = [
      rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10")),
      rule("b", Subject(.domain, "web1"), .live, domain(.setText("vcpu", "4"))),
    ]
    let script = plan(host(guest()), rules).script(for: host(guest()), root: "/tree")
    #expect(
      script.contains("is /tree/proc/sys/vm/swappiness 60\nput /tree/proc/sys/vm/swappiness '10"))
    #expect(script.contains("--no-backup-if-mismatch /tree/etc/libvirt/qemu/web1.xml <<"))
    #expect(!script.contains(" /etc/libvirt") && !script.contains(" /proc/"))
  }

  @Test func theSameFactsGiveTheSameBytes() {
    let rules = [
      rule("a", Subject(.host, "h"), .live, .knob(path: Self.knob, value: "10")),
      rule("b", Subject(.domain, "web1"), .live, domain(.setText("vcpu", "4"))),
    ]
    let texts = (0..<5).map { _ in plan(host(guest()), rules).json.text() }
    #expect(Set(texts).count == 1)
  }
}

extension RuleInfo {
  fileprivate func renamed(_ id: String) -> RuleInfo {
    RuleInfo(
      id: id, title: title, severity: severity, rationale: rationale, cost: cost,
      notWhen: notWhen, sources: sources)
  }
}
