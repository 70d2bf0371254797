import Testing

@testable import TuneKit

@Suite struct DomainTests {
  private func definition(_ xml: String) throws -> DomainDefinition {
    try DomainDefinition(XMLDocument(xml))
  }

  @Test func theExampleIsReadAsWritten() throws {
    let domain = try definition(
      DomainXML.example(vcpus: 4, memoryMiB: 2048, system: DomainXML.linux, tags: ["trust": "a"]))
    #expect(domain.name == "web1")
    #expect(domain.vcpus == 4)
    #expect(domain.memory.totalKiB == 2048 * 1024)
    #expect(domain.machineVersion == MachineVersion(7, 2))
    #expect(domain.isWindows == false)
    #expect(domain.isLinux == true)
    #expect(domain.tags.trust == "a")
    #expect(domain.vcpuPins == [.anywhere, .anywhere, .anywhere, .anywhere])
  }

  @Test func pinsComeFromVcpupinThenCpusetThenNothing() throws {
    let domain = try definition(
      DomainXML.example(
        vcpus: 2, vcpuAttributes: "cpuset='4-7,^5'",
        extra: "<cputune><vcpupin vcpu='1' cpuset='2'/></cputune>"))
    #expect(domain.pin(ofVCPU: 0) == .cpus([4, 6, 7]))
    #expect(domain.pin(ofVCPU: 1) == .cpus([2]))
    #expect(domain.isPinned)
    #expect(!domain.isDedicated)
    let automatic = try definition(DomainXML.example(vcpuAttributes: "placement='auto'"))
    #expect(automatic.hasAutomaticPin)
  }

  @Test(
    arguments: [
      ("<vcpu>four</vcpu>", "'vcpu' is 'four'; expected a whole number from 1 to 65535"),
      ("<memory unit='MB'>-1</memory>", "'memory' is '-1'; expected a size as a whole number"),
      (
        "<memory unit='gig'>1</memory>",
        "'memory/@unit' is 'gig'; expected a unit such as KiB, MiB or GiB"
      ),
      ("<vcpu cpuset='0-'>1</vcpu>", "'vcpu/@cpuset' is '0-'; expected a list such as 0-3,8"),
      ("<memory unit='EiB'>99</memory>", "expected a size below 8 EiB"),
      (
        "<devices><memory model='dimm'><source><nodemask>x</nodemask></source></memory></devices>",
        "'nodemask' is 'x'; expected a list such as 0-3,8"
      ),
      (
        "<devices><disk><address controller='0x10000'/><target dev='a'/></disk></devices>",
        "'address/@controller' is '0x10000'; expected a number up to 0xffff"
      ),
    ])
  func aValueOfTheWrongTypeIsNamedWithItsPlace(_ element: String, _ problem: String) {
    let error = #expect(throws: DomainError.self) {
      try definition("<domain>\n<name>a</name>\n  \(element)</domain>")
    }
    #expect(error?.line == 3)
    #expect(error?.problem.contains(problem) == true, "\(String(describing: error))")
  }

  @Test func aNameOnTwoLinesIsRefused() {
    let error = #expect(throws: DomainError.self) {
      try definition("<domain><name>a\nb</name></domain>")
    }
    #expect(error?.problem == "'name' is 'a?b'; expected a name on one line")
  }

  @Test func sizesFollowTheirUnit() throws {
    for (unit, kib) in [
      ("KiB", 8), ("k", 8), ("KB", 8), ("MiB", 8192), ("bytes", 1), ("G", 8 << 20),
    ] {
      let domain = try definition(
        "<domain><name>a</name><memory unit='\(unit)'>8</memory></domain>")
      #expect(domain.memory.totalKiB == kib, "\(unit)")
    }
  }

  @Test func partsAreNamedByNatureOrByPlace() throws {
    let domain = try definition(
      DomainXML.example(
        devices: """
          <disk><target dev='vda'/></disk><disk><target dev='vdb'/></disk>
          <disk><target dev='vdb'/></disk>
          <interface type='user'/><interface type='user'><mac address='52:54:00:00:00:01'/></interface>
          <hostdev type='pci'><source><address domain='0' bus='0x3b' slot='0x00' function='0x1'/></source></hostdev>
          """))
    #expect(
      domain.devices.disks.map(\.subjectName) == ["web1/vda", "web1/disk2", "web1/disk3"])
    #expect(
      domain.devices.interfaces.map(\.subjectName)
        == ["web1/interface1", "web1/52:54:00:00:00:01"])
    #expect(domain.devices.hostDevices.map(\.subjectName) == ["web1/0000:3b:00.1"])
    #expect(domain.devices.disks[1].node.xpath == "devices/disk[2]")
  }

  @Test func aLiveStatusFileGivesStateAndProcess() throws {
    let xml = DomainXML.example()
    var snapshot = Snapshot()
    snapshot.domains = [
      DomainSource(
        origin: "/etc/libvirt/qemu/web1.xml", persistent: Known(xml, from: "a"),
        live: Known("<domstatus state='running' pid='77'>\(xml)</domstatus>", from: "b")),
      DomainSource(origin: "/etc/libvirt/qemu/bad.xml", persistent: Known("<domain>", from: "c")),
    ]
    let (domains, failures) = Domain.all(in: snapshot)
    #expect(domains.first?.state == .running)
    #expect(domains.first?.pid == 77)
    #expect(domains.first?.live?.node.first("name")?.xpath == "name")
    #expect(failures.map(\.name) == ["bad"])
    #expect(
      failures.first?.message
        == "/etc/libvirt/qemu/bad.xml:1:9: the element 'domain' is not closed")
  }

  @Test func aDefinitionThatIsNotReadKeepsItsName() {
    var snapshot = Snapshot()
    let text = "<domain><name>db</name><vcpu>many</vcpu></domain>"
    snapshot.domains = [
      DomainSource(origin: "/a.xml", persistent: Known(text, from: "a"))
    ]
    #expect(Domain.all(in: snapshot).failures.map(\.name) == ["db"])
  }

  @Test func aDomainWithoutADefinitionIsNamed() {
    var snapshot = Snapshot()
    snapshot.domains = [DomainSource(origin: "qemu:///system web1", persistent: nil)]
    let (domains, failures) = Domain.all(in: snapshot)
    #expect(domains.isEmpty)
    #expect(failures.map(\.message) == ["qemu:///system web1: has no definition"])
  }

  @Test func aSecondDomainOfANameIsNumbered() {
    let snapshot = Snapshot.example(domains: DomainXML.example(), DomainXML.example())
    #expect(Domain.all(in: snapshot).domains.map(\.key) == ["web1", "web1#2"])
  }
}
