import TestSupport
import Testing

@testable import TuneHost

@Suite struct XMLJudgeTests {
  @Test func elementsComeInDocumentOrderWithTheirPrefixes() throws {
    let xml = try JudgedXML(
      """
      <?xml version='1.0'?>
      <!-- c --><domain xmlns:q='urn:q'><name>a</name><q:x><q:y/></q:x><![CDATA[<no/>]]><z/></domain>
      """)
    #expect(xml.elements == ["domain", "name", "q:x", "q:y", "z"])
  }

  @Test func aMalformedTextIsRefusedWithItsPlace() {
    #expect {
      try JudgedXML("<domain>\n  <name>a</nam>\n</domain>\n")
    } throws: { error in
      (error as? XMLProblem)?.line == 2
    }
    #expect(throws: XMLProblem(line: 1, column: 1, message: "the file is empty")) {
      try JudgedXML("")
    }
  }

  @Test func aDocumentTypeIsRefusedAndItsEntitiesWithIt() {
    #expect(throws: XMLProblem(line: 2, column: 3, message: "a document type is not accepted")) {
      try JudgedXML(
        "<?xml version='1.0'?>\n  <!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><d>&x;</d>")
    }
  }

  @Test func deepNestingIsRefused() {
    let deep = String(repeating: "<a>", count: 5000) + String(repeating: "</a>", count: 5000)
    #expect(throws: XMLProblem.self) { try JudgedXML(deep) }
  }

  @Test(.enabled(if: XMLSchema() != nil, "libvirt's schemas are not installed"))
  func libvirtsSchemaTellsAValidDomainFromAnother() throws {
    let schema = try #require(XMLSchema())
    let valid = """
      <domain type='kvm'><name>a</name><memory>1024</memory><vcpu>1</vcpu>
      <os><type>hvm</type></os></domain>
      """
    #expect(schema.problems(of: try JudgedXML(valid)).isEmpty)
    let other = try JudgedXML(valid.replacing("<vcpu>1</vcpu>", with: "<vcpu>many</vcpu>"))
    #expect(!schema.problems(of: other).isEmpty)
  }
}
