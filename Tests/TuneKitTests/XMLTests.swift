import Testing

@testable import TuneKit

@Suite struct XMLTests {
  @Test func rangesNameTheBytes() throws {
    let text =
      "<a>\n  <b c='1' d = \"x &amp; y\"/>\n  <b>t<!-- no --><![CDATA[<&]]>&#x41;</b>\n</a>"
    let document = try XMLDocument(text)
    let first = document.root.children[0]
    #expect(first["d"] == "x & y")
    #expect(
      String(decoding: document.bytes[first.element.attributes[1].valueRange], as: UTF8.self)
        == "x &amp; y")
    #expect(document.root.children[1].text == "t<&A")
    #expect(document.root.children[1].xpath == "b[2]")
    #expect(document.root.children[1].path.description == "b[2]")
  }

  @Test(arguments: [2, 40, 100])
  func ofManySiblingsEachHasItsPlace(count: Int) throws {
    let pairs = (0..<count).map { "<b/><c\($0 % 40)/>" }.joined()
    let document = try XMLDocument("<a>\(pairs)<d/></a>")
    let children = document.root.children
    #expect(children[0].xpath == "b[1]")
    #expect(children[2 * count - 2].xpath == "b[\(count)]")
    #expect(children[2 * count].xpath == "d")
    #expect(children[1].xpath == (count > 40 ? "c0[1]" : "c0"))
  }

  @Test(
    arguments: [
      ("<!DOCTYPE a><a/>", "1:1: document type declarations are refused"),
      ("<a><!ENTITY x></a>", "1:4: document type"),
      ("<a>\n<b></a>", "2:4: '</a>' closes the element 'b'"),
      ("<a x='1' x='2'/>", "1:10: the attribute 'x' stands twice"),
      ("<a x='<'/>", "'<' must not stand"), ("<a x=1/>", "not in quotes"),
      ("<a x='1'y='2'/>", "expected a blank"), ("<a>&nbsp;</a>", "'&' begins"),
      ("<a>&#0;</a>", "'&' begins"), ("<a>]]></a>", "']]>'"), ("<a><!-- -- --></a>", "'--'"),
      ("<a/><b/>", "a second root"), ("<a/>x", "text after"), ("", "1:1: expected an XML element"),
      ("x<a/>", "expected an XML element, found text"), ("<a>", "is not closed"),
      ("<a \u{1}/>", "control character"), (" <?xml version='1.0'?><a/>", "must stand first"),
      ("<?xml version='1.0' encoding='latin1'?><a/>", "expected version 1.0 and encoding UTF-8"),
      ("<a", "the tag of 'a' is not closed"), ("<1/>", "expected an element's name"),
      ("<a x='&lt'/>", "'&' begins"), ("<a><![CDATA[</a>", "CDATA section is not closed"),
      ("<![CDATA[x]]><a/>", "1:1: a CDATA section outside of the root element"),
      ("<a>\n<!-- x</a>", "2:1: the comment is not closed"),
      ("<?p&?><a/>", "expected a blank or '?>' after 'p'"),
      ("<a x 'y'/>", "expected '=' after the attribute 'x'"),
      ("<a x='y/>", "the value of 'x' is not closed"), ("</a>", "'</a>' closes nothing"),
      ("<a></a x>", "expected '>' after '</a'"),
      ("<?xml version='1.0'", "1:20: the XML declaration is not closed"),
      ("<?xml ?><a/>", "the XML declaration names no version"),
    ])
  func whatIsNotWellFormedIsRefusedWithItsPlace(_ text: String, _ problem: String) {
    let error = #expect(throws: XMLError.self) { try XMLDocument(text) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test func depthAndEncodingAreBounded() {
    let large = #expect(throws: XMLError.self) {
      try XMLDocument([UInt8](repeating: 0x20, count: 16 << 20 | 1))
    }
    #expect(large?.description == "1:1: is larger than 16 MiB")
    let deep = String(repeating: "<a>", count: 300)
    let tooDeep = #expect(throws: XMLError.self) { try XMLDocument(deep) }
    #expect(tooDeep?.description == "1:769: elements are nested deeper than 256")
    #expect(throws: XMLError.self) { try XMLDocument([0x3C, 0x61, 0xFF, 0x2F, 0x3E]) }
    #expect(throws: XMLError.self) { try XMLDocument([0x3C, 0x61, 0x3E, 0xC0, 0x80]) }
  }

  @Test func declarationsInstructionsAndNamespacesAreKept() throws {
    let document = try XMLDocument(
      "<?xml version='1.0' encoding='UTF-8'?>\n<!-- c --><?p i?>\n<a xmlns:q='urn:q'><q:b/></a>\n")
    let node = document.root.children[0]
    #expect(node.localName == "b")
    #expect(node.namespace == "urn:q")
    #expect(document.root.namespace == nil)
  }

  @Test func manyAttributesAreRefusedAndManySiblingsAreNamedFast() throws {
    let attributes = (0..<1000).map { "a\($0)='1'" }.joined(separator: " ")
    let error = #expect(throws: XMLError.self) { try XMLDocument("<a \(attributes)/>") }
    #expect(
      error?.description.hasSuffix(": the element 'a' has more than 256 attributes") == true)
    let siblings = String(repeating: "<b/>", count: 50_000)
    let document = try XMLDocument("<a>\(siblings)</a>")
    #expect(document.root.children[49_999].xpath == "b[50000]")
    let paths = document.root.children.map(\.xpath)
    #expect(Set(paths).count == 50_000)
  }
}
