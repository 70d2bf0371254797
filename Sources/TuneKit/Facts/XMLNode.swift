// A pointer to an element of a document, for reading and for naming its place.

/// An element of a document.
public struct XMLNode: Sendable {
  /// The document it stands in.
  public let document: XMLDocument
  /// Its index among the document's elements.
  public let index: Int

  /// The element with its byte ranges.
  public var element: XMLElement { document.elements[index] }
  /// The name with its prefix.
  public var name: String { element.name }
  /// The name without its prefix.
  public var localName: String {
    guard let colon = name.lastIndex(of: ":") else { return name }
    return String(name[name.index(after: colon)...])
  }

  /// The value of an attribute; nil where it is absent.
  public subscript(attribute: String) -> String? {
    guard let found = element.attributes.first(where: { $0.name == attribute }) else { return nil }
    return XMLCharacters.attributeValue(document.bytes, found.valueRange)
  }

  /// All child elements.
  public var children: [XMLNode] {
    element.children.map { XMLNode(document: document, index: $0) }
  }

  /// The child elements of a name.
  public func all(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }

  /// The first child element of a name.
  public func first(_ name: String) -> XMLNode? {
    for child in element.children where document.elements[child].name == name {
      return XMLNode(document: document, index: child)
    }
    return nil
  }

  /// The first element down a way of names: `"os/type"`.
  public func descend(_ way: String) -> XMLNode? {
    var node: XMLNode? = self
    for name in way.split(separator: "/") { node = node?.first(String(name)) }
    return node
  }

  /// All elements below this one, in document order.
  public var descendants: [XMLNode] {
    let end = element.end
    var result: [XMLNode] = []
    var next = index + 1
    while next < document.elements.count, document.elements[next].tag.lowerBound < end {
      result.append(XMLNode(document: document, index: next))
      next += 1
    }
    return result
  }

  /// The element's own text with CDATA sections, without that of its children.
  public var text: String {
    var result = ""
    var position = element.content.lowerBound
    for child in element.children {
      let inner = document.elements[child]
      result += piece(position..<inner.tag.lowerBound)
      position = inner.end
    }
    return result + piece(position..<element.content.upperBound)
  }

  /// Text between two elements: comments and instructions are left out.
  private func piece(_ range: Range<Int>) -> String {
    let bytes = document.bytes
    var result = ""
    var start = range.lowerBound
    var position = start
    func ends(_ mark: String, from: Int) -> Int {
      let mark = Array(mark.utf8)
      var at = from
      while at + mark.count <= range.upperBound {
        if bytes[at..<(at + mark.count)].elementsEqual(mark) { return at }
        at += 1
      }
      return range.upperBound
    }
    while position < range.upperBound {
      guard bytes[position] == UInt8(ascii: "<") else {
        position += 1
        continue
      }
      result += XMLCharacters.text(bytes, start..<position)
      let isInstruction = bytes[position + 1] == UInt8(ascii: "?")
      let isCData = !isInstruction && bytes[position + 2] == UInt8(ascii: "[")
      if isCData {
        let close = ends("]]>", from: position + 9)
        result += String(decoding: bytes[(position + 9)..<close], as: UTF8.self)
        position = close + 3
      } else {
        position =
          isInstruction ? ends("?>", from: position) + 2 : ends("-->", from: position + 4) + 3
      }
      start = position
    }
    return result + XMLCharacters.text(bytes, start..<max(start, range.upperBound))
  }

  /// The namespace that the element's prefix is bound to; nil where it is bound to none.
  public var namespace: String? {
    let prefix = name.contains(":") ? String(name.prefix { $0 != ":" }) : nil
    let wanted = prefix.map { "xmlns:" + $0 } ?? "xmlns"
    var node: XMLNode? = self
    while let current = node {
      if let bound = current[wanted] { return bound.isEmpty ? nil : bound }
      node = current.parent
    }
    return nil
  }

  /// The element around this one.
  public var parent: XMLNode? { element.parent.map { XMLNode(document: document, index: $0) } }

  /// The way from below the base element, for edits.
  public var path: XMLPath {
    var steps: [XMLPath.Step] = []
    var node = self
    while node.index != document.base, let parent = node.parent {
      steps.append(XMLPath.Step(node.name, index: node.position(in: parent).index))
      node = parent
    }
    return XMLPath(steps.reversed())
  }

  /// The way from below the base element, for evidence: `devices/disk[2]/driver`.
  public var xpath: String {
    guard index != document.base, document.elements[index].parent != nil else { return name }
    var text = ""
    text.reserveCapacity(64)
    Self.append(index, of: document, to: &text)
    return text
  }

  private static func append(_ index: Int, of document: XMLDocument, to text: inout String) {
    guard index != document.base, let parent = document.elements[index].parent else { return }
    append(parent, of: document, to: &text)
    if !text.isEmpty { text += "/" }
    text += document.elements[index].name
    let (place, count) = document.positions[index]
    guard count > 1 else { return }
    text += "["
    text += String(place + 1)
    text += "]"
  }

  private func position(in parent: XMLNode) -> (index: Int, count: Int) {
    document.positions[index]
  }

  /// Line and column of the element, from 1.
  public var place: (line: Int, column: Int) {
    XMLError.place(of: element.tag.lowerBound, in: document.bytes)
  }

  /// Line and column of an attribute's value, or of the element where it has no such attribute.
  func place(ofAttribute name: String) -> (line: Int, column: Int) {
    guard let attribute = element.attributes.first(where: { $0.name == name }) else { return place }
    return XMLError.place(of: attribute.valueRange.lowerBound, in: document.bytes)
  }

  /// Line and column where the element's content begins.
  var placeOfContent: (line: Int, column: Int) {
    XMLError.place(of: element.content.lowerBound, in: document.bytes)
  }
}
