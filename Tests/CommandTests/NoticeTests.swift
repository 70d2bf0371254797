// What could not be read is said once, in every form of report.

import TestSupport
import Testing

@Suite struct NoticeTests {
  private static let tagged = """
    <domain type='kvm'><name>web1</name><memory>1048576</memory><vcpu>2</vcpu>
    <metadata><p:profile xmlns:p="https://tuned-vm.org/domain/1">databse</p:profile></metadata>
    </domain>
    """

  @Test(arguments: ["text", "markdown", "html", "sarif"])
  func aTagThatNamesNoProfileIsInTheReport(_ format: String) throws {
    let host = try CapturedHost("one-node").unpacked()
    host.write("/web1.xml", Self.tagged)
    let outcome = try Program.run([
      "audit", "--root", host.path, "--domain-xml", host.path + "/web1.xml", "--format", format,
    ])
    #expect(outcome.output.contains("databse"), "\(outcome.errors)")
  }

  @Test func aReportWithNotesAloneDoesNotCallThemUnchecked() throws {
    let host = try CapturedHost("one-node").unpacked()
    host.write("/web1.xml", Self.tagged)
    let outcome = try Program.run([
      "audit", "--root", host.path, "--domain-xml", host.path + "/web1.xml", "--only",
      "net.model",
    ])
    #expect(outcome.output.contains("Notes\n"), "\(outcome.output)")
    #expect(!outcome.output.contains("Not checked (0)"))
  }
}
