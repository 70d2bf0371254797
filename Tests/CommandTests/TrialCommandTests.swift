// trial as a user runs it, on a captured host whose files are what the command measures.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct TrialCommandTests {
  private struct Scene {
    let tree: TemporaryTree
    let state = TemporaryTree(inMemory: true)

    init() throws {
      tree = try CapturedHost("two-nodes").unpacked()
      tree.write("/etc/libvirt/qemu/web1.xml", SampleDomain.web1)
    }

    var ratio: [String] { ["cat", tree.path + "/proc/sys/vm/dirty_background_ratio"] }

    func trial(_ arguments: [String], measuring command: [String]) throws -> Program.Outcome {
      try Program.run(
        [
          "trial", "--root", tree.path, "--state-dir", state.path + "/state", "--profile", "db",
          "--yes",
        ] + (arguments.contains("--seed") ? [] : ["--seed", "7"]) + arguments
          + (command.isEmpty ? [] : ["--"] + command))
    }
  }

  @Test func aKnownEffectIsFoundAndTakenBack() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    let outcome = try scene.trial(
      ["--only", "mem.dirty-ratio", "--measure", "output", "--format", "json"],
      measuring: scene.ratio)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(scene.tree.contents() == before)
    let json = try JSONValue(parsing: outcome.output)
    let metric = try #require(json["metrics"]?[0])
    #expect(metric["statement"]?.stringValue == "better")
    #expect(metric["before"]?.doubleValue == 10)
    #expect(json["pairs"]?.intValue == 10)
    #expect(json["ending"]?.stringValue == "rolled-back")
    guard SchemaCheck.isAvailable else { return }
    #expect(try SchemaCheck.complaints(about: outcome.output, schema: "trial") == "")
  }

  @Test func whatIsBetterIsKeptOnRequest() throws {
    let scene = try Scene()
    let plot = scene.state.path + "/plot.svg"
    let outcome = try scene.trial(
      ["--only", "mem.dirty-ratio", "--measure", "output", "--keep", "--plot", plot],
      measuring: scene.ratio)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("are kept"))
    #expect(scene.tree.text("/proc/sys/vm/dirty_background_ratio") == "5\n")
    #expect(scene.state.text("/plot.svg")?.hasPrefix("<svg") == true)
  }

  @Test func whatIsWorseIsTakenBackAndSaid() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    let outcome = try scene.trial(
      ["--only", "mem.dirty-ratio", "--measure", "output", "--better", "higher", "--keep"],
      measuring: scene.ratio)
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("worse"))
    #expect(scene.tree.contents() == before)
  }

  @Test func aCommandThatFailsLeavesTheHostAsItWas() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    let ratio = scene.ratio[1]
    let outcome = try scene.trial(
      ["--only", "mem.dirty-ratio"], measuring: ["grep", "-qx", "10", ratio])
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("exit code 1"))
    #expect(scene.tree.contents() == before)
  }

  @Test func whatSomebodyChangesDuringATrialIsLeftAndNamed() throws {
    let scene = try Scene()
    let file = scene.ratio[1]
    let outcome = try scene.trial(
      ["--only", "mem.dirty-ratio", "--measure", "output"],
      measuring: ["sh", "-c", "grep -qx 10 \(file) || echo 77 >\(file); echo 5"])
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("the trial could not take everything back\n"))
    #expect(outcome.errors.contains("somebody changed it since"))
    #expect(scene.tree.text("/proc/sys/vm/dirty_background_ratio") == "77\n")
  }

  @Test func changesThatCanNotBeMadeEndATrial() throws {
    let scene = try Scene()
    scene.tree.write("/etc/sysctl.d", "no directory\n")
    let before = scene.tree.contents()
    let outcome = try scene.trial(["--only", "mem.dirty-ratio"], measuring: ["true"])
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("cannot reach '\(scene.tree.path)/etc/sysctl.d/"))
    #expect(outcome.errors.contains("not a directory"))
    #expect(scene.tree.contents() == before)
  }

  /// With this seed the last of ten pairs ends without the changes: behind its measurement the file
  /// is another one.
  @Test func whatCanNotBeKeptIsToldAndNotKept() throws {
    let scene = try Scene()
    let file = scene.ratio[1]
    let runs = scene.state.path + "/runs"
    let outcome = try scene.trial(
      ["--only", "mem.dirty-ratio", "--measure", "output", "--keep", "--seed", "1"],
      measuring: [
        "sh", "-c",
        "cat \(file); echo >>\(runs); test $(wc -l <\(runs)) -lt 21 || echo 11 >\(file)",
      ])
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("the changes could not be kept: cannot replace '\(file)'"))
    #expect(scene.tree.text("/proc/sys/vm/dirty_background_ratio") == "11\n")
  }

  @Test func aCommandBeforeEachThatFailsEndsATrial() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    let outcome = try scene.trial(["--before-each", "exit 3"], measuring: ["true"])
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("--before-each ended with exit code 3"))
    #expect(scene.tree.contents() == before)
  }

  @Test func aPlanOfWhichNothingCanBeTriedIsToldWithItsReasons() throws {
    let scene = try Scene()
    scene.tree.write("/var/lib/libvirt/qemu/save/web1.save", "")
    let outcome = try scene.trial(["--only", "disk.cache-mode"], measuring: ["true"])
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("nothing of the plan can be tried\n"))
    #expect(outcome.errors.contains("disk.cache-mode on "))
    #expect(outcome.errors.contains("a saved image waits for it"))
  }

  @Test func aDifferenceInDurabilityIsSaid() throws {
    let scene = try Scene()
    let outcome = try scene.trial(
      ["--only", "disk.cache-mode", "--pairs", "2", "--measure", "output"],
      measuring: ["echo", "1"])
    #expect(outcome.output.contains("Durability differs"), "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("writethrough"))
  }

  @Test func theSameStateTwiceIsNoDifference() throws {
    let scene = try Scene()
    let outcome = try scene.trial(
      ["--placebo", "--pairs", "3", "--measure", "output"], measuring: ["echo", "5"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Nothing was changed"))
  }

  @Test func builtInWorkloadsMeasure() throws {
    let scene = try Scene()
    for workload in [
      "memory-latency", "memory-bandwidth", "wakeup", "packets", "disk-read", "disk-write",
    ] {
      let outcome = try scene.trial(
        [
          "--placebo", "--pairs", "2", "--seconds", "0.02", "--workload", workload,
          "--directory", scene.state.path.hasPrefix("/dev/shm") ? "/var/tmp" : scene.state.path,
        ], measuring: [])
      #expect(outcome.status == 0, "\(workload): \(outcome.errors)")
      #expect(outcome.output.contains("medians"), "\(workload)")
    }
  }

  @Test func whatCannotBeMeasuredIsRefused() throws {
    let scene = try Scene()
    #expect(try scene.trial([], measuring: []).status == 64)
    #expect(try scene.trial(["--workload", "wakup"], measuring: []).errors.contains("wakeup"))
    #expect(try scene.trial(["--workload", "disk-read"], measuring: []).status == 64)
    #expect(try scene.trial(["--pairs", "1"], measuring: ["true"]).status == 64)
    #expect(try scene.trial(["--placebo"], measuring: ["no-such-program-here"]).status == 66)
    let silent = try scene.trial(["--placebo", "--measure", "output"], measuring: ["true"])
    #expect(silent.status == 74)
    #expect(
      silent.errors.hasPrefix(
        "tuned-vm: 'true' printed no number above 0 on its standard output\n"))
  }
}
