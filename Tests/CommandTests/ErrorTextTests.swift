// Every wrong question has its exit code and a text that says what, where and what to do.

import Glibc
import TestSupport
import Testing

@Suite struct ErrorTextTests {
  /// A question, its exit code and what its text must hold. `TREE` and `DIR` stand for a captured
  /// host and for a directory with the files below.
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: String
    let status: Int32
    let texts: [String]
    var testDescription: String { arguments }
    init(_ arguments: String, _ status: Int32, _ texts: String...) {
      self.arguments = arguments
      self.status = status
      self.texts = texts
    }
  }

  static let files = [
    "open.xml": "<domain type='kvm'>\n  <name>a</name>\n",
    "empty.xml": "",
    "network.xml": "<network/>\n",
    "noname.xml": "<domain type='kvm'><memory>1024</memory><vcpu>1</vcpu></domain>\n",
    "vcpu.xml":
      "<domain type='kvm'><name>a</name><memory>1024</memory>\n<vcpu>many</vcpu></domain>\n",
    "wide.xml":
      "<domain type='kvm'><name>wide</name><memory>1024</memory><vcpu>5000</vcpu></domain>\n",
    "doctype.xml": "<!DOCTYPE domain>\n<domain type='kvm'><name>a</name></domain>\n",
    "good/web1.xml":
      "<domain type='kvm'><name>web1</name><memory>1048576</memory><vcpu>2</vcpu></domain>\n",
    "config.yaml": "profile: general\nfailon: info\n",
    "profile.yaml": "profile: x\n",
    "empty.json": "",
    "other.json": "{\"schema\":\"x\"}\n",
    "bare.json": "{\"schema\":\"tuned-vm/plan/v1\"}\n",
    "change.json":
      "{\"schema\":\"tuned-vm/plan/v1\",\"profile\":\"db\",\"factsDigest\":\"0\",\"changes\":[{}]}\n",
    "values.yaml": """
    name: x
    settings:
      vm.swappiness: [1]
      vm.dirty_ratio: many
      cpu.governor: perfomance
      net.ipv4.tcp_rmem: 3 2 1
      hugepages[size=2MiB]: some
      ksm.merge_across_nodes: perhaps
      kernel.core_pattern: \(String(repeating: "c", count: 257))

    """,
  ]

  static let cases: [Case] = [
    Case("frobnicate", 64, "no command 'frobnicate'"),
    Case("audti", 64, "no command 'audti'; did you mean 'audit'?"),
    Case(
      "apply --root TREE --yes --canary a --plan DIR/bare.json", 64, "--canary makes", "leave out"),
    Case("apply --root TREE --yes --move-rate 0", 64, "--move-rate is 0; expected MiB a second"),
    Case("apply --root TREE --yes --window 25:00-1:00", 64, "--window is '25:00-1:00'"),
    Case("apply -c qemu+ssh://far/system --yes", 64, "'qemu+ssh://far/system'", "on that host"),
    Case(
      "apply --root TREE --yes --plan DIR/other.json", 65, "other.json:1:1: ", "no plan: 'schema'"),
    Case("apply --root TREE --yes --plan DIR/bare.json", 65, "bare.json:1:1: ", "lacks 'profile'"),
    Case("apply --root TREE --yes --plan DIR/change.json", 65, "change.json:1:1: ", "lacks 'id'"),
    Case("apply --root TREE --yes --plan DIR/absent.json", 66, "absent.json"),
    Case("plan --root TREE --take gouvernor", 64, "no knob or rule 'gouvernor'", "'governor'"),
    Case("place --root TREE --what-if x:y", 64, "--what-if takes VCPUS:MIB", "not 'x:y'"),
    Case("place --root TREE --time-limit 0", 64, "--time-limit is at least 1 millisecond"),
    Case("advise -w many --root TREE", 64, "-w takes VCPUS:MIB", "not 'many'"),
    Case("audit --root TREE --domain nobody", 64, "no domain 'nobody'"),
    Case("audit --root TREE --config DIR", 66, "is not a regular file"),
    Case("audit --root TREE --output DIR", 73, "it is a directory"),
    Case("rollback --state-dir DIR/state", 64, "rollback asks before", "add --yes"),
    Case("fleet report --state-dir DIR --since yesterday", 64, "--since is 'yesterday'"),
    Case(
      "profiles validate DIR/values.yaml", 78, "values.yaml:3:18: ", "a single value",
      "a whole number", "did you mean 'performance'", "three rising whole numbers",
      "auto, a number of pages, or a size", "on or off", "a value of at most 256 characters"),
    Case("audit --root TREE --format yaml", 64, "'yaml'", "text, json, html, sarif"),
    Case("topology --root TREE --format html", 64, "'html'", "text, json"),
    Case("audit --root TREE --profile genral", 64, "'genral'", "did you mean 'general'"),
    Case("audit --root TREE --profile nothing-like-it", 64, "there are general, db"),
    Case("audit --root TREE --profile DIR/absent.yaml", 66, "absent.yaml"),
    Case("audit --root TREE --only no.rule", 64, "'no.rule'"),
    Case("audit --root TREE --fail-on sometimes", 64, "sometimes"),
    Case("explain io.schedular-nvme", 64, "'io.schedular-nvme'; did you mean 'io.scheduler-nvme'"),
    Case("audit --root TREE --domain-xml DIR/good --domain wbe1", 64, "did you mean 'web1'"),
    Case("apply --root TREE", 64, "--yes"),
    Case("audit --root DIR/absent", 66, "absent", "no such file"),
    Case("audit --root TREE --domain-xml DIR/absent.xml", 66, "absent.xml"),
    Case(
      "audit --root TREE --domain-xml DIR/network.xml", 65, "network.xml:1:1: ", "is a <network>"),
    Case("audit --root TREE --domain-xml DIR/open.xml", 65, "open.xml:3:1: ", "not closed"),
    Case("audit --root TREE --domain-xml DIR/empty.xml", 65, "empty.xml:1:1: "),
    Case("audit --root TREE --domain-xml DIR/network.xml", 65, "network.xml:1:1: ", "<domain>"),
    Case("audit --root TREE --domain-xml DIR/vcpu.xml", 65, "vcpu.xml:2:7: ", "'many'"),
    Case("audit --root TREE --domain-xml DIR/doctype.xml", 65, "doctype.xml:1:"),
    Case("audit --root TREE --config DIR/config.yaml", 78, "config.yaml:2:1: ", "'failOn'"),
    Case("profiles validate DIR/profile.yaml", 78, "profile.yaml:1:"),
    Case("audit --root TREE --config DIR/absent.yaml", 66, "absent.yaml"),
    Case("audit --root TREE --output DIR/absent/report", 73, "absent/report"),
    Case("audit -c nonsense:///nowhere", 69, "nonsense:///nowhere"),
    Case("place DIR/empty.json", 65, "empty.json:1:1: "),
    Case("place DIR/absent.json", 66, "absent.json"),
    Case("trial --pairs 1 -- true", 64, "--pairs is 1; expected 2 to 10000"),
    Case("trial --time-limit 0 -- true", 64, "--time-limit and --seconds must be above 0"),
    Case("trial --smallest 200 -- true", 64, "--smallest between 0 and 100"),
    Case("trial --measure speed -- true", 64, "--measure is 'speed'; expected time or output"),
    Case("trial --better bigger -- true", 64, "--better is 'bigger'; expected lower or higher"),
    Case("trial --yes", 64, "there is nothing to measure", "--workload"),
    Case("trial --placebo --workload disk-read", 64, "needs --directory", "64 MiB"),
    Case("trial --placebo --workload nothing", 64, "no workload 'nothing'", "wakeup"),
    Case("rules show no.rule", 64, "no rule 'no.rule'"),
    Case("fleet report --store /a/file", 64, "--store expects postgresql://", "--state-dir"),
    Case("fleet report --state-dir DIR/empty.xml", 73, "fleet.sqlite"),
    Case("audit --root TREE --domain-xml DIR/noname.xml", 65, "noname.xml:1:1: ", "has no name"),
    Case("rollback 7 --yes --state-dir DIR", 66, "no transaction 7", "000007.journal"),
    Case("history --state-dir DIR/empty.xml", 66, "cannot read the transactions below"),
    Case("topology --root TREE --output /dev/full", 74, "cannot write '/dev/full'"),
    Case("drift --root TREE --state-dir DIR", 66, "no baseline of", "tuned-vm baseline save"),
    Case("rollback --state-dir DIR/state --yes", 66, "there is no transaction to roll back"),
    Case("apply --root TREE --yes --plan DIR/open.xml", 65, "open.xml:1:1: "),
    Case(
      "trial -c qemu+ssh://far/system --yes -- true", 64,
      "trial changes this machine only, and 'qemu+ssh://far/system' is not its system instance"),
    Case(
      "trial --root TREE -- true", 64, "trial changes the host for a while",
      "there is no terminal to ask on", "  add --yes, or --placebo to change nothing."),
    Case("trial --workload wakeup -- true", 64, "--workload and a command exclude each other"),
    Case(
      "trial --placebo --root TREE --workload packets --seconds 0.0000001", 74,
      "no packet came through loopback"),
    Case(
      "trial --placebo --root TREE --workload wakeup --seconds 0.0000001", 74,
      "no wake-up was measured"),
    Case(
      "trial --placebo --root TREE -- DIR/open.xml", 77, "cannot run '",
      "open.xml': Permission denied"),
    Case(
      "trial --placebo --workload disk-read --directory DIR/absent", 66,
      "cannot make a file for direct reading in '", "absent': No such file or directory"),
    Case(
      "trial --placebo --workload disk-read --directory DIR/open.xml", 73,
      "cannot make a file for direct reading in '", "open.xml': Not a directory"),
    Case("place DIR/good", 66, "/good: is not a regular file"),
    Case("place /proc/self/mem", 74, "/proc/self/mem: Input/output error"),
    Case(
      "place --root TREE --domain-xml DIR/wide.xml", 65,
      "domain 'wide' has 5000 vCPUs and 1 MiB: more than placement takes"),
    Case("advise -w 2:64 --root DIR", 65, "the host's NUMA nodes are not known: no /sys/"),
    Case(
      "baseline save --root TREE --state-dir DIR/open.xml", 73, "cannot make directory '",
      "open.xml/baselines': Not a directory", "  --state-dir names another place."),
  ]

  @Test(arguments: cases)
  func itSaysWhatIsWrong(_ wrong: Case) throws {
    let host = try CapturedHost("one-node").unpacked()
    let directory = TemporaryTree()
    for (name, text) in Self.files { directory.write("/" + name, text) }
    let arguments = wrong.arguments.split(separator: " ").map {
      String($0).replacing("TREE", with: host.path).replacing("DIR", with: directory.path)
    }

    let outcome = try Program.run(arguments)

    #expect(outcome.status == wrong.status, "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(!outcome.errors.isEmpty)
    for text in wrong.texts {
      #expect(outcome.errors.contains(text), "\(outcome.errors)")
    }
    // What is about a place begins with it: the file as it was named, line and column.
    if let place = wrong.texts.first, place.hasSuffix(": "), place.contains(":") {
      #expect(outcome.errors.hasPrefix("\(directory.path)/\(place)"), "\(outcome.errors)")
    }
  }

  /// Where nobody can tell which domains there are, that is what is said, not that there is none.
  @Test(.enabled(if: access("/run/libvirt/libvirt-sock", F_OK) != 0))
  func withoutLibvirtADomainCannotBeLookedFor() throws {
    for command in ["audit", "plan", "topology"] {
      let outcome = try Program.run([command, "--domain", "web1"])
      #expect(outcome.status == 69, "\(command): \(outcome.errors)")
      #expect(outcome.errors.contains("domain 'web1' can't be looked for: qemu:///system: "))
    }
  }

  @Test func inADirectoryTheOthersAreStillAudited() throws {
    let directory = TemporaryTree()
    for (name, text) in Self.files { directory.write("/" + name, text) }
    let good = "<domain type='kvm'><name>here</name><memory>1024</memory><vcpu>1</vcpu></domain>"
    directory.write("/here.xml", good)
    let host = try CapturedHost("one-node").unpacked()

    let outcome = try Program.run(
      ["audit", "--root", host.path, "--domain-xml", directory.path, "--format", "json"])

    #expect(outcome.status == 65)
    #expect(outcome.output.contains("\"here\""))
    for name in ["open.xml", "empty.xml", "network.xml", "vcpu.xml", "doctype.xml"] {
      #expect(outcome.errors.contains(name + ":"))
    }
  }

  @Test func aReportThatFailsLeavesTheOldOneAlone() throws {
    let directory = TemporaryTree()
    directory.write("/report", "old\n")
    directory.write("/open.xml", "<domain>")
    let outcome = try Program.run([
      "audit", "--domain-xml", directory.path + "/open.xml", "--output", directory.path + "/report",
    ])
    #expect(outcome.status == 65)
    #expect(
      try Program.run(["--version"], prelude: "cat \(directory.path)/report").output.hasPrefix(
        "old"))
  }

  @Test func aNameWithControlCharactersReachesNoTerminal() throws {
    let directory = TemporaryTree()
    directory.write(
      "/a.xml",
      "<domain type='kvm'><name>a\u{202E}b\u{9B}c</name><memory>1024</memory><vcpu>99</vcpu></domain>"
    )
    let host = try CapturedHost("one-node").unpacked()
    for format in ["text", "markdown", "html", "prometheus"] {
      let outcome = try Program.run([
        "audit", "-v", "--root", host.path, "--domain-xml", directory.path, "--format", format,
      ])
      let said = outcome.output + outcome.errors
      #expect(!said.isEmpty)
      #expect(!said.unicodeScalars.contains { ["\u{202E}", "\u{9B}", "\u{1B}"].contains($0) })
    }
  }
}
