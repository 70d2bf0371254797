// A small host tree with one change of every kind, to play transactions on.

import Glibc
import TestSupport

@testable import TuneHost
@testable import TuneKit

/// A tree, a state directory, and a plan for the tree.
final class Stage {
  let tree = TemporaryTree(inMemory: true)
  let stateTree = TemporaryTree(inMemory: true)
  var state: StateDirectory { StateDirectory(stateTree.path + "/state") }

  static let pool = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB"
  static let guest = """
    <!-- kept -->
    <domain type='kvm' xmlns:v="urn:vendor">
      <name>web1</name>
      <metadata><v:note keep="yes"/></metadata>
      <memory unit='MiB'>64</memory>
      <vcpu>2</vcpu>
      <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
      <devices>
        <graphics type='vnc' passwd='secret'/>
        <memballoon model="virtio"/>
      </devices>
    </domain>

    """
  private static let files = [
    "/proc/sys/vm/swappiness": "60\n",
    "/sys/block/nvme0n1/queue/scheduler": "none [mq-deadline] kyber\n",
    pool + "/nr_hugepages": "0\n", pool + "/free_hugepages": "0\n",
    "/sys/devices/system/node/node0/cpulist": "0-3\n",
    "/sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:  8000000 kB\n",
    "/sys/devices/system/cpu/online": "0-3\n",
    "/etc/modprobe.d/60-tuned-vm.conf": "# ours, earlier\noptions kvm halt_poll_ns=0\n",
    "/etc/libvirt/qemu/web1.xml": guest,
  ]

  init() {
    for (file, text) in Self.files { tree.write(file, text) }
    tree.directory("/etc/udev")
    chmod(tree.path + "/etc/libvirt/qemu/web1.xml", 0o600)
  }

  var snapshot: Snapshot {
    var snapshot = Snapshot(
      files: Self.files.mapValues { .text($0) },
      directories: ["/sys/devices/system/node": ["node0"]],
      domains: [
        DomainSource(
          origin: "/etc/libvirt/qemu/web1.xml",
          persistent: Known(Self.guest, from: "/etc/libvirt/qemu/web1.xml"), state: .shutOff)
      ])
    for file in Set(Self.files.keys).union(DropIn.allCases.map(\.path)) {
      guard let text = tree.text(file) else { continue }
      snapshot.files[file] = .text(text)
      if file.hasSuffix(".xml") { snapshot.domains[0].persistent = Known(text, from: file) }
    }
    return snapshot
  }

  /// Rules that want one thing each.
  static let rules: [RuleInstance] = [
    rule("t.swappiness", .live) { _ in
      [
        .knob(path: "/proc/sys/vm/swappiness", value: "10"),
        .persist(.sysctl(key: "vm.swappiness", value: "10")),
      ]
    },
    rule("t.scheduler", .live) { _ in
      [
        .knob(path: "/sys/block/nvme0n1/queue/scheduler", value: "none"),
        .persist(.udev(rule: "KERNEL==\"nvme*\", ATTR{queue/scheduler}=\"none\"")),
      ]
    },
    rule("t.poll", .nextHostBoot) { _ in
      [.persist(.modprobe(module: "kvm", option: "halt_poll_ns", value: "50000"))]
    },
    rule("t.pages", .nextGuestStart) { _ in
      [
        .hugePages(node: 0, pageSizeKiB: 2048, count: 40),
        .domain(DomainChange(domain: "web1", edits: [.ensure("memoryBacking/hugepages")])),
      ]
    },
    rule("t.balloon", .nextGuestStart) { _ in
      [
        .domain(
          DomainChange(
            domain: "web1",
            edits: [.setAttribute("devices/memballoon", name: "model", value: "none")]))
      ]
    },
  ]

  static func rule(
    _ id: String, _ effect: RemedyClass, _ changes: @escaping @Sendable (Context) -> [Change]
  ) -> RuleInstance {
    RuleInstance(
      about: RuleInfo(
        id: id, title: id, severity: Severities(.warning), rationale: "", cost: "",
        notWhen: "", sources: [])
    ) { context in
      let remedy = Remedy(effect, "put \(id) right", changes: changes(context))
      return [
        Judgement(
          Subject(.host, "host"),
          .violated(Violation("\(id) is wrong", evidence: [], remedy: remedy)))
      ]
    }
  }

  func plan(rules: [RuleInstance] = Stage.rules, options: PlanOptions = PlanOptions()) -> Plan {
    let context = Context(facts: Facts(snapshot), profile: EffectiveProfile(name: "test"))
    let report = Audit.report(context, rules: rules, toolVersion: "0", generatedAt: "")
    return Planner.plan(report, context, rules: rules, options: options)
  }

  func assignment(rules: [RuleInstance] = Stage.rules) -> Assignment {
    Assignment(
      plan: plan(rules: rules), facts: Facts(snapshot), host: .tree(tree.path),
      domainsAreNamedFiles: false)
  }

  /// One apply with a system; nil where it never came to a transaction.
  func apply(_ system: System = System()) -> Outcome? {
    let assignment = assignment()
    let judge = DefinitionJudge(usesSchema: false)
    let session = try? Session(state, command: "test", now: "T", system: system, judge: judge)
    guard let session else { return nil }
    return try? session.carryOut(assignment, now: "T", toolVersion: "0")
  }

  func recover() throws {
    _ = try Session(state, command: "test", now: "T").recover(now: "T")
  }
}
