import TestSupport
import Testing

@testable import TuneKit

@Suite struct DriftCommandTests {
  /// A captured host, its state directory beside it.
  private struct Scene {
    let tree: TemporaryTree
    let state = TemporaryTree()

    init(_ name: String = "two-nodes") throws {
      tree = try CapturedHost(name).unpacked()
      tree.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
      tree.write("/proc/sys/kernel/hostname", "node7\n")
    }

    func run(_ arguments: String..., prelude: String = ":") throws -> Program.Outcome {
      try Program.run(
        arguments + ["--root", tree.path, "--state-dir", state.path], prelude: prelude)
    }
  }

  @Test func withoutABaselineItIs66() throws {
    let outcome = try Scene().run("drift")
    #expect(outcome.status == 66)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("baseline save"))
  }

  @Test func whatWasChangedIsNamedAndRestoringItIsSilent() throws {
    let scene = try Scene()
    #expect(try scene.run("baseline", "save").status == 0)
    #expect(try scene.run("drift").status == 0)

    let file = "/proc/sys/vm/swappiness"
    scene.tree.write(file, "61\n")
    let drift = try scene.run("drift")
    #expect(drift.status == 1)
    #expect(drift.output.contains("vm.swappiness was 60, is 61"))
    let again = try scene.run("drift")
    #expect(again.output == drift.output)

    scene.tree.write(file, "60\n")
    let quiet = try scene.run("drift")
    #expect((quiet.status, quiet.output, quiet.errors) == (0, "", ""))
  }

  @Test func newSaysEachThingOnceAlsoWhenTwoRunAtOnce() async throws {
    let scene = try Scene()
    #expect(try scene.run("baseline", "save").status == 0)
    scene.tree.write("/proc/sys/vm/swappiness", "61\n")
    let (root, state) = (scene.tree.path, scene.state.path)
    async let first = Program.run(["drift", "--new", "--root", root, "--state-dir", state])
    async let second = Program.run(["drift", "--new", "--root", root, "--state-dir", state])
    let outcomes = try await [first, second]
    #expect(outcomes.map(\.status).sorted() == [0, 1])
    #expect(outcomes.filter { $0.output.contains("vm.swappiness") }.count == 1)
    #expect(try scene.run("drift").status == 1)
  }

  @Test func aRenamedHostKeepsItsBaseline() throws {
    let scene = try Scene()
    #expect(try scene.run("baseline", "save").status == 0)
    scene.tree.write("/proc/sys/kernel/hostname", "other\n")
    let drift = try scene.run("drift")
    #expect((drift.status, drift.output) == (0, ""))
    #expect(drift.errors.contains("'node7'"))
  }

  @Test func aDamagedBaselineIsNamedAndNeverTrusted() throws {
    let scene = try Scene()
    #expect(try scene.run("baseline", "save").status == 0)
    let id = try #require(HostIdentity.identity(machineID: "0123456789abcdef0123456789abcdef"))
    let file = "/baselines/\(id).baseline"
    scene.state.write(file, "{\"schema\":\"tuned-vm/baseline/v1\",\"sha256\":\"00\"}\n{}\n")
    let drift = try scene.run("drift")
    #expect(drift.status == 65)
    #expect(drift.errors.hasPrefix("\(scene.state.path)\(file):2:1: "))
  }

  @Test func aFullDiskKeepsTheOldBaseline() throws {
    let scene = try Scene()
    #expect(try scene.run("baseline", "save").status == 0)
    scene.tree.write("/proc/sys/vm/swappiness", "61\n")
    let full = "trap '' XFSZ; ulimit -f 0"
    let save = try scene.run("baseline", "save", prelude: full)
    #expect(save.status == 74)
    let drift = try scene.run("drift", "--new", prelude: full)
    #expect(drift.status == 1)
    #expect(drift.output.contains("vm.swappiness was 60, is 61"))
    #expect(drift.errors.contains("said again"))
  }

  @Test func acceptingTakesOverWhatIsNamedOnly() throws {
    let scene = try Scene()
    #expect(try scene.run("baseline", "save").status == 0)
    scene.tree.write("/proc/sys/vm/swappiness", "61\n")
    scene.tree.write("/proc/sys/vm/dirty_ratio", "33\n")
    let nothing = try scene.run("baseline", "accept", "vm.swapines")
    #expect(nothing.status == 64)
    #expect(
      nothing.errors
        == "tuned-vm: nothing that moved is named 'vm.swapines'; did you mean 'vm.swappiness'?\n")
    #expect(try scene.run("baseline", "accept", "*dirty*").status == 0)
    let drift = try scene.run("drift")
    #expect(drift.output.contains("vm.swappiness"))
    #expect(!drift.output.contains("vm.dirty_ratio"))
    #expect(try scene.run("baseline", "accept").status == 0)
    #expect(try scene.run("drift").status == 0)
  }

  @Test(
    .enabled(if: SchemaCheck.isAvailable, "python3 with jsonschema is not installed"))
  func theJSONIsValid() throws {
    let scene = try Scene()
    #expect(try scene.run("baseline", "save").status == 0)
    scene.tree.write("/proc/sys/vm/swappiness", "61\n")
    let drift = try scene.run("drift", "--format", "json")
    #expect(try SchemaCheck.complaints(about: drift.output, schema: "drift") == "")
    let metrics = try scene.run("drift", "--format", "prometheus")
    #expect(metrics.output.contains("\ntuned_vm_drift_entries 1\n"))
  }
}
