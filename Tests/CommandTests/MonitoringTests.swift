import Foundation
import TestSupport
import Testing

@testable import TuneKit

/// The files below packaging/ against the programs that read them.
@Suite struct MonitoringTests {
  private static let packaging = SchemaCheck.packageRoot.appendingPathComponent("packaging").path
  private static let hasPromtool = FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")
  private static let hasAmtool = FileManager.default.isExecutableFile(atPath: "/usr/bin/amtool")

  /// Runs a shell line; what it printed, and its exit code.
  private static func shell(_ line: String, input: String = "") throws -> (Int32, String) {
    let file = TemporaryTree()
    file.write("/input", input)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "{ \(line) ; } <\(file.path)/input 2>&1"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  @Test(.enabled(if: hasPromtool, "promtool (Debian: prometheus) is not installed"))
  func alertRulesPassTheirUnitTests() throws {
    let line = "cd \(Self.packaging)/prometheus && promtool check rules tuned-vm.rules.yml"
    let (status, text) = try Self.shell("\(line) && promtool test rules tuned-vm.test.yml")
    #expect(status == 0, "\(text)")
  }

  @Test(.enabled(if: hasAmtool, "amtool (Debian: prometheus-alertmanager) is not installed"))
  func theAlertmanagerExampleIsValid() throws {
    let file = "\(Self.packaging)/alertmanager/alertmanager.yml"
    let (status, text) = try Self.shell("amtool check-config \(file)")
    #expect(status == 0, "\(text)")
  }

  @Test(.enabled(if: hasPromtool, "promtool (Debian: prometheus) is not installed"))
  func theGaugesOfARealHostPassTheLinter() throws {
    let tree = try CapturedHost("two-nodes").unpacked()
    let audit = try Program.run(["audit", "--root", tree.path, "--format", "prometheus"])
    let (status, text) = try Self.shell("promtool check metrics", input: audit.output)
    #expect((status, text) == (0, ""))
  }

  @Test func theDashboardAsksOnlyForGaugesThatExist() throws {
    let file = "\(Self.packaging)/grafana/tuned-vm.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let dashboard = try JSONValue(parsing: text)
    #expect(dashboard["panels"]?.arrayValue?.count == 11)
    let known: Set<String> = [
      "tuned_vm_score", "tuned_vm_findings", "tuned_vm_finding", "tuned_vm_verdicts",
      "tuned_vm_drift", "tuned_vm_drift_entries", "tuned_vm_last_run_timestamp_seconds",
    ]
    for match in text.matches(of: /tuned_vm_[a-z_]+/) {
      #expect(known.contains(String(match.output)))
    }
  }
}
