// Edits a domain's definition by splicing: every byte outside of an edit stays as it was.

/// Why an edit can't be made.
public struct XMLEditError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which node the edit is about.
  public let path: String
  /// What stands in the way.
  public let problem: String

  /// The node and what stands in the way.
  public var description: String { "\(path): \(problem)" }
}

/// Applies edits to the text of a definition.
///
/// Comments, foreign namespaces, attribute order and blanks are kept; what is added follows the
/// quotes, the indentation and the line ends around it and stands where libvirt's own output has
/// it. Applying an edit a second time changes nothing.
public enum DomainXMLEdit {
  /// The text after all edits, one after the other.
  ///
  /// - Throws: `XMLEditError` where the text is not well-formed or an edit can't be made.
  public static func apply(
    _ edits: [XMLEdit], to text: String
  ) throws(XMLEditError) -> String {
    try apply(edits, to: try scan(Array(text.utf8))).text
  }

  /// The document after all edits; the same object where they change nothing.
  ///
  /// - Throws: `XMLEditError` where an edit can't be made.
  static func apply(
    _ edits: [XMLEdit], to document: XMLDocument
  ) throws(XMLEditError) -> XMLDocument {
    var document = document
    for edit in edits {
      guard let splice = try splice(for: edit, in: document) else { continue }
      var bytes = document.bytes
      bytes.replaceSubrange(splice.range, with: splice.bytes)
      document = try scan(bytes)
    }
    return document
  }

  /// A replacement of some bytes.
  struct Splice: Equatable {
    var range: Range<Int>
    var bytes: [UInt8]
  }

  /// The one replacement that makes an edit; nil where the text is already as wanted.
  static func splice(for edit: XMLEdit, in document: XMLDocument) throws(XMLEditError) -> Splice? {
    switch edit {
    case .setAttribute(let path, let name, let value):
      guard let node = try find(path, in: document) else {
        return try create(path, adding: XMLPath.Attribute(name, value), in: document)
      }
      return setAttribute(name, value, of: node)
    case .removeAttribute(let path, let name):
      return try find(path, in: document).flatMap { removeAttribute(name, of: $0) }
    case .setText(let path, let text):
      guard let node = try find(path, in: document) else {
        return try create(path, text: text, in: document)
      }
      return try setText(text, of: node, path)
    case .ensure(let path):
      guard try find(path, in: document) == nil else { return nil }
      return try create(path, in: document)
    case .remove(let path):
      guard let node = try find(path, in: document) else { return nil }
      guard node.index != document.base else {
        throw XMLEditError(path: "domain", problem: "the domain itself can't be removed")
      }
      return remove(node)
    }
  }

  private static func scan(_ bytes: [UInt8]) throws(XMLEditError) -> XMLDocument {
    do {
      return try XMLDocument(bytes)
    } catch {
      throw XMLEditError(path: "domain", problem: "is not well-formed: \(error)")
    }
  }

  /// The element a path leads to; nil where it or one on the way is missing.
  static func find(_ path: XMLPath, in document: XMLDocument) throws(XMLEditError) -> XMLNode? {
    var node = document.baseNode
    for step in path.steps {
      let matches = node.all(step.name).filter { Self.fits($0, step) }
      guard step.index <= matches.count else {
        throw XMLEditError(
          path: path.description, problem: "there are only \(matches.count) '\(step.name)'")
      }
      guard step.index < matches.count else { return nil }
      node = matches[step.index]
    }
    return node
  }

  static func fits(_ node: XMLNode, _ step: XMLPath.Step) -> Bool {
    step.attributes.allSatisfy { node[$0.name] == $0.value }
  }
}

// MARK: - Existing elements

extension DomainXMLEdit {
  private static func setAttribute(_ name: String, _ value: String, of node: XMLNode) -> Splice? {
    let element = node.element
    let bytes = node.document.bytes
    if let attribute = element.attributes.first(where: { $0.name == name }) {
      guard node[name] != value else { return nil }
      return Splice(
        range: attribute.valueRange,
        bytes: XMLCharacters.escapedAttribute(value, quote: attribute.quote))
    }
    let place =
      element.attributes.last.map { $0.valueRange.upperBound + 1 }
      ?? element.tag.lowerBound + 1 + element.name.utf8.count
    let quote = element.attributes.last?.quote ?? XMLStyle(node).quote
    // Attributes that stand on lines of their own get another line.
    var blank: [UInt8] = [0x20]
    if element.attributes.count > 1, let last = element.attributes.last {
      let start = blanks(before: last.nameRange.lowerBound, in: bytes)
      if bytes[start..<last.nameRange.lowerBound].contains(0x0A) {
        blank = Array(bytes[start..<last.nameRange.lowerBound])
      }
    }
    return Splice(
      range: place..<place, bytes: blank + XMLStyle.attribute(name, value, quote: quote))
  }

  private static func removeAttribute(_ name: String, of node: XMLNode) -> Splice? {
    guard let attribute = node.element.attributes.first(where: { $0.name == name }) else {
      return nil
    }
    let start = blanks(before: attribute.nameRange.lowerBound, in: node.document.bytes)
    return Splice(range: start..<(attribute.valueRange.upperBound + 1), bytes: [])
  }

  private static func setText(
    _ text: String, of node: XMLNode, _ path: XMLPath
  ) throws(XMLEditError) -> Splice? {
    let element = node.element
    let bytes = node.document.bytes
    guard element.children.isEmpty else {
      throw XMLEditError(path: path.description, problem: "has elements in it, not text")
    }
    let old = node.text
    guard old != text, old.trimmedBlanks != text || text.isEmpty else { return nil }
    let escaped = XMLCharacters.escapedText(text)
    if element.isSelfClosing { return open(element, around: escaped, in: bytes) }
    var range = element.content
    if !bytes[range].contains(UInt8(ascii: "<")) {
      while let first = range.first, XMLScanner.isBlank(bytes[first]) {
        range = (first + 1)..<range.upperBound
      }
      while let last = range.last, XMLScanner.isBlank(bytes[last]) {
        range = range.lowerBound..<last
      }
    }
    return Splice(range: range, bytes: escaped)
  }

  /// Turns `<a/>` into `<a>…</a>`.
  static func open(_ element: XMLElement, around content: [UInt8], in bytes: [UInt8]) -> Splice {
    let slash = element.tag.upperBound - 2
    let start = blanks(before: slash, in: bytes)
    let closing = Array("</\(element.name)>".utf8)
    return Splice(
      range: start..<element.tag.upperBound, bytes: [UInt8(ascii: ">")] + content + closing)
  }

  /// Takes an element away, with its line where it is alone on it.
  private static func remove(_ node: XMLNode) -> Splice {
    let bytes = node.document.bytes
    let element = node.element
    let start = blanks(before: element.tag.lowerBound, in: bytes)
    var end = element.end
    while end < bytes.count, bytes[end] == 0x20 || bytes[end] == 0x09 || bytes[end] == 0x0D {
      end += 1
    }
    let lineBreak = bytes[start..<element.tag.lowerBound].lastIndex(of: 0x0A)
    guard let lineBreak, end < bytes.count, bytes[end] == 0x0A else {
      return Splice(range: element.tag.lowerBound..<element.end, bytes: [])
    }
    let isPair = lineBreak > start && bytes[lineBreak - 1] == 0x0D
    if bytes[end - 1] == 0x0D { end -= 1 }
    return Splice(range: (isPair ? lineBreak - 1 : lineBreak)..<end, bytes: [])
  }

  /// Where the blanks that end at a place begin.
  static func blanks(before place: Int, in bytes: [UInt8]) -> Int {
    var start = place
    while start > 0, XMLScanner.isBlank(bytes[start - 1]) { start -= 1 }
    return start
  }
}
