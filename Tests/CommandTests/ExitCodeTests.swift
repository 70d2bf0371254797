// Every exit code of the contract is what a run of the program really gives.

import Glibc
import TestSupport
import Testing
import TuneKit

@Suite struct ExitCodeTests {
  /// A run that ends so. `TREE` stands for a captured host, `DIR` for an empty directory.
  static let runs: [(status: TuneKit.ExitStatus, arguments: String, prelude: String)] = [
    (.success, "audit --root TREE --fail-on never", ":"),
    (.findings, "audit --root TREE --fail-on info", ":"),
    (.usage, "audit --root TREE --format yaml", ":"),
    (.usage, "plan --root TREE --take gouvernor", ":"),
    (.findings, "plan --root TREE --profile latency --take governor --take mem.*", ":"),
    (.malformed, "audit --root TREE --domain-xml DIR/bad.xml", "echo '<domain' >DIR/bad.xml"),
    (.noInput, "audit --root DIR/absent", ":"),
    (.unavailable, "audit -c nonsense:///nowhere", ":"),
    (.cannotCreate, "audit --root TREE --output DIR/absent/report", ":"),
    (.ioError, "audit --root TREE --output /dev/full", ":"),
    (
      .busy, "apply --root TREE --yes --state-dir DIR/state --profile latency",
      "mkdir -m 700 DIR/state; exec 9>DIR/state/lock; flock 9"
    ),
    (
      .notPermitted, "audit --root DIR/closed",
      "mkdir -m 700 DIR/closed; \(asNobody)"
    ),
    // No journals that can be read is not the same as no journals.
    (.success, "history --state-dir DIR/absent", ":"),
    (.noInput, "history --state-dir DIR/file", "echo >DIR/file"),
    (.noInput, "recover --state-dir DIR/file", "echo >DIR/file"),
    (.notPermitted, "history --state-dir DIR/closed", "mkdir -m 700 DIR/closed; \(asNobody)"),
    (.notPermitted, "recover --state-dir DIR/closed", "mkdir -m 700 DIR/closed; \(asNobody)"),
    (
      .notPermitted, "rollback --yes --state-dir DIR/closed", "mkdir -m 700 DIR/closed; \(asNobody)"
    ),
    (
      .notPermitted, "fleet ingest DIR/closed --state-dir DIR/state",
      "mkdir -m 700 DIR/closed; mkdir -m 777 DIR/state; \(asNobody)"
    ),
    (.notPermitted, "place DIR/closed/x.json", "mkdir -m 700 DIR/closed; \(asNobody)"),
    (
      .notPermitted, "drift --root TREE --state-dir DIR/closed",
      "mkdir -m 700 DIR/closed; \(asNobody)"
    ),
    (
      .notPermitted, "audit --root TREE --profile DIR/closed/p.yaml",
      "mkdir -m 700 DIR/closed; \(asNobody)"
    ),
    (
      .notPermitted, "apply --root TREE --yes --profile latency --state-dir DIR/closed/state",
      "mkdir -m 700 DIR/closed; \(asNobody)"
    ),
    (
      .notPermitted, "trial --placebo --workload disk-read --directory DIR/closed",
      "mkdir -m 700 DIR/closed; \(asNobody)"
    ),
    (.configuration, "audit --root TREE --config DIR/c.yaml", "echo 'bogus: 1' >DIR/c.yaml"),
  ]

  /// Root may read everything: then the run goes on as somebody else.
  private static var asNobody: String {
    guard getuid() == 0 else { return "chmod 0 DIR/closed" }
    return "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" \"$@\""
  }

  @Test(arguments: runs.indices)
  func aRunEndsWithTheCodeOfTheContract(_ index: Int) throws {
    let run = Self.runs[index]
    let host = try CapturedHost("one-node").unpacked()
    let directory = TemporaryTree()
    func filled(_ text: String) -> String {
      text.replacing("TREE", with: host.path).replacing("DIR", with: directory.path)
    }
    for path in [directory.path, host.path] { chmod(path, 0o755) }
    let outcome = try Program.run(
      run.arguments.split(separator: " ").map { filled(String($0)) }, prelude: filled(run.prelude))
    #expect(outcome.status == run.status.rawValue, "\(run.arguments): \(outcome.errors)")
    if run.status.rawValue > 1 { #expect(!outcome.errors.isEmpty) }
  }

  /// 70 is a fault of the program itself: no run may give it.
  @Test func everyCodeIsGivenByARun() {
    let codes: Set<Int32> = [0, 1, 64, 65, 66, 69, 73, 74, 75, 77, 78]
    #expect(Set(Self.runs.map(\.status.rawValue)) == codes)
  }
}
