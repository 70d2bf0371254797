// Reports for renderer tests: a plain one, and one whose names attack every format.

@testable import TuneKit

/// Reports to render.
public enum Sample {
  /// A name that attacks every format.
  public static let hostile =
    "ev\u{1B}[2Jil\u{9B}1m<script>alert('x')</script>\"&|`*[x](https://e.vil)\n# HELP\r\u{2028}\u{202E}\u{85}\\"

  /// A finding.
  public static func finding(
    _ rule: String, _ severity: Severity, _ subject: Subject, _ message: String,
    evidence: [Evidence] = [], remedy: Remedy = .advice("decide"), cause: String? = nil,
    waiver: Waiver? = nil
  ) -> Report.Finding {
    Report.Finding(
      rule: rule, severity: severity, subject: subject,
      violation: Violation(message, evidence: evidence, remedy: remedy, cause: cause),
      references: ["article §6.4", "https://docs.kernel.org/block/"], waiver: waiver,
      fingerprint: "0123456789abcdef")
  }

  /// A report of findings and further ledger entries.
  public static func report(_ findings: [Report.Finding], ledger: [Report.Entry] = []) -> Report {
    let violated = findings.map {
      Report.Entry(rule: $0.rule, subject: $0.subject, verdict: .violated($0.violation))
    }
    let snapshot = Snapshot(files: [
      "/proc/sys/kernel/hostname": .text("node7\n"),
      "/proc/sys/kernel/osrelease": .text("6.1.0-18-amd64\n"),
    ])
    let facts = Facts(snapshot)
    return Report(
      toolVersion: "0.1.0", generatedAt: "2026-11-24T15:37:26Z", host: facts.host,
      profile: "general", findings: findings, ledger: violated + ledger, notices: [],
      facts: facts)
  }

  /// Twelve disks with one wrong knob, a cause with what follows, a waived and an open check.
  public static var ordinary: Report {
    let disks = (0..<12).map { index in
      let name = "nvme\(index)n1"
      let path = "/sys/block/\(name)/queue/scheduler"
      return finding(
        "io.scheduler-nvme", .warning, Subject(.blockDevice, name),
        "\(name) uses mq-deadline; none avoids a queueing layer that NVMe does not need",
        evidence: [Evidence(path, observed: "mq-deadline", expected: "none")],
        remedy: Remedy(
          .live, "write none to \(path)", persistence: "udev rule",
          changes: [.knob(path: path, value: "none")]))
    }
    let cause = [
      finding(
        "sec.spectre-v2", .warning, Subject(.host, "node7"), "spectre_v2 is not mitigated",
        evidence: [
          Evidence("/sys/devices/system/cpu/vulnerabilities/spectre_v2", observed: "Vulnerable")
        ],
        cause: "sec.mitigations-off"),
      finding(
        "sec.mitigations-off", .critical, Subject(.host, "node7"),
        "the kernel was started with mitigations=off; every guest can read the host's memory",
        evidence: [Evidence("/proc/cmdline", observed: "mitigations=off", expected: "auto")],
        cause: "sec.mitigations-off"),
    ]
    let waived = finding(
      "disk.format", .info, Subject(.domainDisk, "web1/vda"), "web1/vda is qcow2",
      waiver: Waiver(rule: "disk.*", reason: "snapshots are needed", until: "2027-01-31"))
    return report(
      cause + disks + [waived],
      ledger: [
        .init(rule: "mem.thp", subject: Subject(.host, "node7"), verdict: .satisfied([])),
        .init(
          rule: "cpu.governor", subject: Subject(.host, "node7"),
          verdict: .unknown("/sys/devices/system/cpu/cpufreq: no such file")),
        .init(
          rule: "net.multiqueue", subject: Subject(.domain, "db1"),
          verdict: .notApplicable("one vCPU needs one queue")),
      ])
  }

  /// Every text that can come from outside is hostile.
  public static var attack: Report {
    let waiver = Waiver(rule: hostile, reason: hostile, until: hostile)
    let base = finding(
      "x.\(hostile)", .critical, Subject(.domain, hostile), hostile,
      evidence: [Evidence(hostile, observed: hostile, expected: hostile)],
      remedy: Remedy(
        .live, hostile, risk: hostile, persistence: hostile,
        changes: [.knob(path: hostile, value: hostile)]), cause: hostile)
    var waived = base
    waived.waiver = waiver
    var result = report(
      [base, base, waived],
      ledger: [
        .init(rule: hostile, subject: Subject(.domainDisk, hostile), verdict: .unknown(hostile)),
        .init(rule: hostile, subject: Subject(.host, hostile), verdict: .notApplicable(hostile)),
      ])
    result.profile = hostile
    result.notices = [hostile]
    return result
  }
}
