import TestSupport
import Testing
import TuneKit

@testable import TuneHost

/// libvirt's built-in test driver needs no daemon; without the library these are skipped.
private let hasLibvirt = (try? Libvirt.shared()) != nil

@Suite(.enabled(if: hasLibvirt, "libvirt.so.0 is not installed")) struct LibvirtTests {
  let uri = "test:///default"

  @Test func theTestDriversDomainIsRead() throws {
    let reading = try LibvirtProbe.read(uri)
    let domain = try #require(reading.domains.first)
    #expect(domain.origin == "test:///default test")
    #expect(domain.state == .running)
    #expect(domain.persistent?.value?.contains("<name>test</name>") == true)
    #expect(domain.live?.value?.contains("id='1'") == true)
    #expect(domain.autostart == false)
    #expect(reading.files["/tuned-vm/capabilities.xml"] != nil)
  }

  @Test func aConnectionElsewhereGivesDomainsAndNoHost() throws {
    let snapshot = try HostProbe.snapshot(ProbeRequest(connect: uri))
    #expect(snapshot.origin == .none("connected elsewhere: test:///default"))
    #expect(snapshot.domains.count == 1)
    #expect(snapshot.files["/proc/cmdline"] == nil)
  }

  @Test func anExplicitURIThatDoesNotAnswerIsAnError() {
    #expect {
      try HostProbe.snapshot(ProbeRequest(connect: "qemu+unix:///system?socket=/nonexistent"))
    } throws: { error in
      guard case ProbeError.libvirtUnreachable = error else { return false }
      return (error as? ProbeError)?.status == .unavailable
    }
  }

  @Test(arguments: [
    ("qemu:///system", true), ("qemu+unix:///system", true), ("qemu:///session", false),
    ("qemu+ssh://host/system", false), ("test:///default", false),
    ("qemu:///system?socket=/run/other", false),
  ])
  func onlyTheSystemInstanceIsOurs(_ uri: String, _ own: Bool) {
    #expect(LibvirtConnection.isOwnSystem(uri) == own)
  }

  @Test func aDefinitionIsStoredAndPinned() throws {
    let connection = try LibvirtConnection(uri, readOnly: false)
    let domain = try #require(connection.domain("test"))
    let changed = try domain.xml(inactive: true, secure: true)
      .replacing("<vcpu placement='static'>2</vcpu>", with: "<vcpu placement='static'>1</vcpu>")
    try connection.define(changed)
    #expect(try domain.xml(inactive: true).contains("<vcpu placement='static'>1</vcpu>"))
    try domain.pin(vcpu: 0, to: [3], [])
    #expect(try domain.xml(inactive: false).contains("<vcpupin vcpu='0' cpuset='3'/>"))
  }

  @Test func aDefinitionThatIsNoneIsRefusedInLibvirtsWords() throws {
    let connection = try LibvirtConnection(uri, readOnly: false)
    #expect(throws: LibvirtError.self) { try connection.define("<domain/>") }
  }

  @Test func aReadOnlyConnectionDefinesNothing() throws {
    let connection = try LibvirtConnection(uri)
    let text = try #require(connection.domain("test")).xml(inactive: true)
    #expect(throws: LibvirtError.self) { try connection.define(text) }
  }
}
