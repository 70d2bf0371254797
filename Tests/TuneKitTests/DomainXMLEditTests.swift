import Testing

@testable import TuneKit

@Suite struct DomainXMLEditTests {
  private let text = """
    <domain type='kvm'>
      <!-- by hand -->
      <name>web1</name>
      <memory unit="MiB">2048</memory>
      <vcpu>2</vcpu>  <!-- two -->
      <features/>
      <devices>
        <disk type='file'>
          <driver name='qemu'
                  type='raw'/>
          <target dev='vda'/>
        </disk>
      </devices>
    </domain>

    """

  private func diff(_ edits: XMLEdit...) throws -> String {
    let new = try DomainXMLEdit.apply(edits, to: text)
    #expect(try DomainXMLEdit.apply(edits, to: new) == new, "a second time changes nothing")
    return UnifiedDiff.make(old: text, new: new, name: "web1.xml").split(separator: "\n")
      .filter { $0.hasPrefix("+ ") || $0.hasPrefix("- ") }.joined(separator: "\n")
  }

  @Test func anAttributeIsReplacedInItsQuotes() throws {
    #expect(
      try diff(.setAttribute("memory", name: "unit", value: "a\"'&<")) == """
        -  <memory unit="MiB">2048</memory>
        +  <memory unit="a&quot;'&amp;&lt;">2048</memory>
        """)
  }

  @Test func anAttributeOnItsOwnLineGetsALineToo() throws {
    let disk: XMLPath = "devices/disk/driver"
    #expect(
      try diff(.setAttribute(disk, name: "cache", value: "none")) == """
        -              type='raw'/>
        +              type='raw'
        +              cache='none'/>
        """)
  }

  @Test func elementsAreCreatedInLibvirtsOrder() throws {
    #expect(
      try diff(
        .setAttribute(
          XMLPath([.init("cputune"), .init("vcpupin", attributes: [.init("vcpu", "1")])]),
          name: "cpuset", value: "5"),
        .setAttribute(
          XMLPath([.init("cputune"), .init("vcpupin", attributes: [.init("vcpu", "0")])]),
          name: "cpuset", value: "4"),
        .setAttribute("cputune/emulatorpin", name: "cpuset", value: "0"),
        .setText("iothreads", "1")) == """
          +  <iothreads>1</iothreads>
          +  <cputune>
          +    <vcpupin vcpu='0' cpuset='4'/>
          +    <vcpupin vcpu='1' cpuset='5'/>
          +    <emulatorpin cpuset='0'/>
          +  </cputune>
          """)
  }

  @Test func aSelfClosingElementIsOpened() throws {
    #expect(
      try diff(.setAttribute("features/hyperv/relaxed", name: "state", value: "on")) == """
        -  <features/>
        +  <features>
        +    <hyperv>
        +      <relaxed state='on'/>
        +    </hyperv>
        +  </features>
        """)
  }

  @Test func anElementGoesWithItsLine() throws {
    #expect(try diff(.remove("devices/disk/target")) == "-      <target dev='vda'/>")
    #expect(try diff(.remove("devices/disk/nothing")) == "")
    #expect(try diff(.removeAttribute("memory", name: "unit")).contains("+  <memory>2048"))
  }

  @Test func textKeepsTheBlanksAroundIt() throws {
    let new = try DomainXMLEdit.apply(
      [.setText("a", "3")], to: "<domain><a>\n  2\n</a></domain>")
    #expect(new == "<domain><a>\n  3\n</a></domain>")
  }

  @Test func aTextOnOneLineStaysOnOneLine() throws {
    let new = try DomainXMLEdit.apply(
      [.setAttribute("cpu/cache", name: "mode", value: "passthrough"), .ensure("name")],
      to: "<domain><name>a</name><cpu mode='host-passthrough'/><devices/></domain>")
    #expect(
      new
        == "<domain><name>a</name><cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>"
        + "<devices/></domain>")
  }

  @Test func whatCanNotBeEditedIsSaid() {
    func told(_ edit: XMLEdit, in text: String) -> String? {
      #expect(throws: XMLEditError.self) { try DomainXMLEdit.apply([edit], to: text) }?.description
    }
    #expect(told(.remove(""), in: text) == "domain: the domain itself can't be removed")
    #expect(told(.setText("devices", "x"), in: text) == "devices: has elements in it, not text")
    #expect(
      told(.ensure(XMLPath([.init("devices"), .init("disk", index: 3)])), in: text)
        == "devices/disk[4]: there are only 1 'disk'")
    #expect(
      told(.ensure("a"), in: "<domain>")
        == "domain: is not well-formed: 1:9: the element 'domain' is not closed")
  }

  @Test func addingAndRemovingGivesTheTextBack() throws {
    for path: XMLPath in ["devices/memballoon", "cputune", "clock", "devices/disk/blockio"] {
      let there = try DomainXMLEdit.apply([.ensure(path)], to: text)
      #expect(there != text)
      #expect(try DomainXMLEdit.apply([.remove(path)], to: there) == text)
    }
  }

  @Test func theDiffIsOneThatPatchKnows() {
    let old = (1...20).map { "line \($0)\n" }.joined()
    let new = old.replacing("line 2\n", with: "") + "end"
    #expect(
      UnifiedDiff.make(old: old, new: new, name: "a\nb") == """
        --- "a/a\\nb"
        +++ "b/a\\nb"
        @@ -1,5 +1,4 @@
         line 1
        -line 2
         line 3
         line 4
         line 5
        @@ -18,3 +17,4 @@
         line 18
         line 19
         line 20
        +end
        \\ No newline at end of file

        """)
    #expect(UnifiedDiff.make(old: old, new: old, name: "x") == "")
  }

  @Test func randomAttributesComeAndGoWithoutATrace() throws {
    var random = SeededRandom(seed: 7)
    let guest = DomainXML.example(
      system: DomainXML.linux, tags: ["trust": "a"],
      extra: "<cputune><vcpupin vcpu='0' cpuset=\"1\"/></cputune>",
      devices: "<disk\n  type='file'><driver\tname='qemu'/><!-- x --><target dev='vda'/></disk>")
    let document = try XMLDocument(guest)
    for _ in 0..<200 {
      let index = Int(random.next() % UInt64(document.elements.count))
      let path = XMLNode(document: document, index: index).path
      let value = "<'\"&>\n\t é \(random.next())"
      let there = try DomainXMLEdit.apply(
        [.setAttribute(path, name: "zz", value: value)], to: guest)
      let after = try XMLDocument(there)
      #expect(XMLNode(document: after, index: index)["zz"] == value)
      #expect(after.elements.count == document.elements.count)
      let back = try DomainXMLEdit.apply([.removeAttribute(path, name: "zz")], to: there)
      #expect(back == guest)
    }
  }
}
