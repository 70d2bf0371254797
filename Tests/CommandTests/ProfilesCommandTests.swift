import TestSupport
import Testing

@testable import TuneKit

@Suite struct ProfilesCommandTests {
  private let tree = TemporaryTree()

  private func file(_ name: String, _ text: String) -> String {
    tree.write("/" + name, text)
    return tree.path + "/" + name
  }

  @Test func theListNamesEveryShippedProfile() throws {
    for arguments in [["profiles"], ["profiles", "list"]] {
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 0)
      let first = outcome.output.split(separator: "\n").map { $0.prefix { $0 != " " } }
      #expect(first.map(String.init) == ProfileLibrary.names)
    }
  }

  @Test func showGivesTheValuesAfterInheritance() throws {
    let outcome = try Program.run(["profiles", "show", "network", "--format", "json"])
    #expect(outcome.status == 0)
    let json = try JSONValue(parsing: outcome.output)
    #expect(
      json["lineage"]?.arrayValue?.compactMap(\.stringValue) == ["network", "latency", "general"])
    let swappiness = json["settings"]?.arrayValue?.first {
      $0["knob"]?.stringValue == "vm.swappiness"
    }
    #expect(swappiness?["value"]?.intValue == 10)
    #expect(swappiness?["rule"]?.stringValue == "mem.swappiness")
  }

  @Test func anUnknownNameIs64WithTheNearest() throws {
    let outcome = try Program.run(["profiles", "show", "lateny"])
    #expect((outcome.status, outcome.output) == (64, ""))
    #expect(outcome.errors == "tuned-vm: no profile 'lateny'; did you mean 'latency'?\n")
  }

  @Test func aMissingFileIs66() throws {
    let outcome = try Program.run(["profiles", "validate", tree.path + "/none.yaml"])
    #expect((outcome.status, outcome.output) == (66, ""))
  }

  @Test func everyMistakeIs78WithItsPlace() throws {
    let path = file("bad.yaml", "name: bad\ninherits: genral\nsettings:\n  vm.swappiness: lots\n")
    let outcome = try Program.run(["profiles", "validate", path])
    #expect((outcome.status, outcome.output) == (78, ""))
    #expect(outcome.errors.contains("\(path):4:18: 'vm.swappiness' is 'lots'"))
  }

  @Test func inheritanceAmongFilesIsFollowedAndCirclesAreFound() throws {
    _ = file("base.yaml", "name: base\ninherits: db\nsettings: {vm.swappiness: 1}\n")
    let good = file("good.yaml", "name: good\ninherits: base\n")
    #expect(try Program.run(["profiles", "validate", good]).status == 0)
    _ = file("a.yaml", "name: a\ninherits: b\n")
    let circle = file("b.yaml", "name: b\ninherits: a\n")
    let outcome = try Program.run(["profiles", "validate", circle])
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains("b → a → b"))
  }

  @Test func anOwnProfileJudgesWithItsOwnChecksAndSettings() throws {
    let host = try CapturedHost("two-nodes").unpacked()
    host.write("/proc/sys/kernel/panic", "0\n")
    host.write("/proc/swaps", "Filename Type Size Used Priority\n/swap file 1 0 -2\n")
    let path = file(
      "own.yaml",
      """
      name: own
      inherits: general
      settings: {kernel.panic: 10}
      checks:
        - {id: site.swap-off, read: /proc/swaps, lines: {max: 1}, severity: critical, why: no swap}
      """)
    let audit = try Program.run(
      ["audit", "--root", host.path, "--profile", path, "--format", "json"])
    let findings = try JSONValue(parsing: audit.output)["findings"]?.arrayValue ?? []
    func severity(_ rule: String) -> String? {
      findings.first { $0["rule"]?.stringValue == rule }?["severity"]?.stringValue
    }
    #expect(severity("site.swap-off") == "critical")
    #expect(severity("kernel.panic") == "warning")
    let list = try Program.run(["rules", "list", "--profile", path])
    #expect(list.output.contains("\nsite.swap-off "))
    #expect(list.output.contains("\nkernel.panic "))
  }
}
