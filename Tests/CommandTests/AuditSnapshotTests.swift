// The whole audit of each captured host. A change of a rule shows here what it means for machines;
// `make record` accepts it.

import Foundation
import TestSupport
import Testing

@testable import TuneKit

@Suite struct AuditSnapshotTests {
  private static let directory = CapturedHost.fixtures + "/audits"

  @Test(arguments: CapturedHost.names)
  func theAuditIsAsReviewed(name: String) throws {
    let tree = try CapturedHost(name).unpacked()
    let outcome = try Program.run(["audit", "--root", tree.path, "--format", "json"])
    #expect(outcome.status == 0 || outcome.status == 1, "\(outcome.errors)")
    let now = try Self.text(of: outcome.output)
    let difference = try Reviewed.difference(now, from: "\(Self.directory)/\(name).txt")
    #expect(difference == nil, "\(name): \(difference ?? "")")
  }

  /// One line a finding and a verdict, sorted as the report sorts them.
  private static func text(of report: String) throws -> String {
    guard let root = try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any],
      let findings = root["findings"] as? [[String: Any]],
      let verdicts = root["verdicts"] as? [[String: Any]],
      let summary = root["summary"] as? [String: Any]
    else { return "no report" }
    func word(_ value: Any?) -> String { value.map { "\($0)" } ?? "" }
    func subject(_ entry: [String: Any]) -> String {
      let subject = entry["subject"] as? [String: Any] ?? [:]
      return "\(word(subject["kind"])) \(word(subject["name"]))"
    }
    var lines = [
      summary.keys.sorted().map { "\($0) \(word(summary[$0]))" }.joined(separator: ", "), "",
    ]
    for finding in findings {
      let remedy = finding["remedy"] as? [String: Any] ?? [:]
      lines.append(
        "\(word(finding["severity"])) \(word(finding["rule"])) (\(subject(finding))): "
          + "\(word(finding["message"])) [\(word(remedy["class"]))]")
    }
    lines.append("")
    for verdict in verdicts where word(verdict["verdict"]) != "violated" {
      let reason = verdict["reason"] as? String
      lines.append(
        "\(word(verdict["verdict"])) \(word(verdict["rule"])) (\(subject(verdict)))"
          + (reason.map { ": " + $0 } ?? ""))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
