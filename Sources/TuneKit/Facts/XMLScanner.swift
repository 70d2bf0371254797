// Reads XML byte by byte into a tree of ranges.
//
// Strict: whatever this accepts, libxml2 accepts too. It refuses more: any document type
// declaration (so there are no entities to expand or to fetch) and encodings other than UTF-8.

/// The scanner; `XMLDocument` is its result.
struct XMLScanner {
  private let bytes: [UInt8]
  private var position = 0
  private var elements: [XMLElement] = []
  private var open: [Int] = []
  /// The attributes of the tag that is read; kept for its memory.
  private var attributes: [XMLAttribute] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func scan() throws(XMLError) -> [XMLElement] {
    guard bytes.count <= XMLDocument.sizeLimit else {
      throw XMLError(line: 1, column: 1, problem: "is larger than 16 MiB")
    }
    if let wrong = XMLCharacters.firstInvalid(in: bytes) {
      throw XMLError(wrong.problem, at: wrong.offset, in: bytes)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    try declaration()
    while position < bytes.count { try step() }
    if let last = open.last {
      throw XMLError("the element '\(elements[last].name)' is not closed", at: position, in: bytes)
    }
    guard !elements.isEmpty else { throw fail("expected an XML element, found nothing") }
    linkChildren()
    return elements
  }

  /// Enters all elements as children of their parents; each list grows once.
  private mutating func linkChildren() {
    var counts = [Int](repeating: 0, count: elements.count)
    for element in elements { if let parent = element.parent { counts[parent] += 1 } }
    for (index, count) in counts.enumerated() where count > 0 {
      elements[index].children.reserveCapacity(count)
    }
    for index in elements.indices {
      if let parent = elements[index].parent { elements[parent].children.append(index) }
    }
  }

  private mutating func step() throws(XMLError) {
    guard bytes[position] == UInt8(ascii: "<") else { return try characters() }
    if starts("<!--") { return try comment() }
    if starts("<![CDATA[") { return try cdata() }
    if starts("<!") {
      throw fail("document type declarations are refused: they can name files and expand entities")
    }
    if starts("<?") { return try instruction() }
    if starts("</") { return try closingTag() }
    try openingTag()
  }
}

// MARK: - What stands between tags

extension XMLScanner {
  private mutating func characters() throws(XMLError) {
    while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
      if open.isEmpty {
        guard Self.isBlank(bytes[position]) else {
          throw fail(
            elements.isEmpty
              ? "expected an XML element, found text" : "text after the end of the root element")
        }
      } else if bytes[position] == UInt8(ascii: "&") {
        try reference()
        continue
      } else if bytes[position] == UInt8(ascii: "]"), starts("]]>") {
        throw fail("']]>' must not stand in text")
      }
      position += 1
    }
  }

  private mutating func reference() throws(XMLError) {
    guard let (_, end) = XMLCharacters.reference(in: bytes, at: position) else {
      throw fail("'&' begins neither one of the five XML entities nor a character reference")
    }
    position = end
  }

  private mutating func comment() throws(XMLError) {
    let start = position
    position += 4
    while position < bytes.count {
      if starts("--") {
        guard starts("-->") else { throw fail("'--' must not stand in a comment") }
        position += 3
        return
      }
      position += 1
    }
    throw XMLError("the comment is not closed", at: start, in: bytes)
  }

  private mutating func cdata() throws(XMLError) {
    guard !open.isEmpty else { throw fail("a CDATA section outside of the root element") }
    try skip(past: "]]>", of: "CDATA section")
  }

  private mutating func instruction() throws(XMLError) {
    let start = position
    position += 2
    let target = try name("the target of a processing instruction")
    guard target.lowercased() != "xml" else {
      throw XMLError("an XML declaration must stand first", at: start, in: bytes)
    }
    guard starts("?>") || (position < bytes.count && Self.isBlank(bytes[position])) else {
      throw fail("expected a blank or '?>' after '\(target)'")
    }
    position = start
    try skip(past: "?>", of: "processing instruction")
  }

  private mutating func skip(past mark: StaticString, of what: String) throws(XMLError) {
    let start = position
    while position < bytes.count {
      if starts(mark) {
        position += mark.utf8CodeUnitCount
        return
      }
      position += 1
    }
    throw XMLError("the \(what) is not closed", at: start, in: bytes)
  }
}

// MARK: - Tags

extension XMLScanner {
  private mutating func openingTag() throws(XMLError) {
    let start = position
    guard !(open.isEmpty && !elements.isEmpty) else { throw fail("a second root element") }
    guard open.count < XMLDocument.depthLimit else {
      throw fail("elements are nested deeper than \(XMLDocument.depthLimit)")
    }
    position += 1
    let name = try name("an element's name")
    try readAttributes(of: name)
    let closed = bytes[position] == UInt8(ascii: "/")
    position += closed ? 2 : 1
    let index = elements.count
    elements.append(
      XMLElement(
        name: name, attributes: Array(attributes[...]), tag: start..<position,
        content: position..<position, end: position, isSelfClosing: closed, parent: open.last,
        children: []))
    if !closed { open.append(index) }
  }

  /// Reads attributes up to, but not past, the `>` or `/>` of the tag.
  private mutating func readAttributes(of element: String) throws(XMLError) {
    attributes.removeAll(keepingCapacity: true)
    while true {
      let blanks = skipBlanks()
      guard position < bytes.count else { throw fail("the tag of '\(element)' is not closed") }
      if bytes[position] == UInt8(ascii: ">") || starts("/>") { return }
      guard blanks else { throw fail("expected a blank, '>' or '/>' in the tag of '\(element)'") }
      guard attributes.count < 256 else {
        throw fail("the element '\(element)' has more than 256 attributes")
      }
      let attribute = try attribute()
      if attributes.contains(where: { $0.name == attribute.name }) {
        throw XMLError(
          "the attribute '\(attribute.name)' stands twice", at: attribute.nameRange.lowerBound,
          in: bytes)
      }
      attributes.append(attribute)
    }
  }

  private mutating func attribute() throws(XMLError) -> XMLAttribute {
    let start = position
    let name = try name("an attribute's name")
    let nameRange = start..<position
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
      throw fail("expected '=' after the attribute '\(name)'")
    }
    position += 1
    skipBlanks()
    guard position < bytes.count, bytes[position] == 0x22 || bytes[position] == 0x27 else {
      throw fail("the value of the attribute '\(name)' is not in quotes")
    }
    let quote = bytes[position]
    position += 1
    let first = position
    while position < bytes.count, bytes[position] != quote {
      if bytes[position] == UInt8(ascii: "<") {
        throw fail("'<' must not stand in the value of '\(name)'")
      }
      if bytes[position] == UInt8(ascii: "&") {
        try reference()
      } else {
        position += 1
      }
    }
    guard position < bytes.count else { throw fail("the value of '\(name)' is not closed") }
    position += 1
    return XMLAttribute(
      name: name, nameRange: nameRange, valueRange: first..<(position - 1), quote: quote)
  }

  private mutating func closingTag() throws(XMLError) {
    let start = position
    position += 2
    let range = try nameRange("an element's name")
    guard let index = open.popLast() else {
      throw XMLError("'</\(text(range))>' closes nothing", at: start, in: bytes)
    }
    let opened = elements[index].tag.lowerBound + 1
    let length = elements[index].name.utf8.count
    guard bytes[range] == bytes[opened..<(opened + length)] else {
      throw XMLError(
        "'</\(text(range))>' closes the element '\(elements[index].name)'", at: start,
        in: bytes)
    }
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: ">") else {
      throw fail("expected '>' after '</\(text(range))'")
    }
    position += 1
    elements[index].content = elements[index].tag.upperBound..<start
    elements[index].end = position
  }

  private mutating func declaration() throws(XMLError) {
    guard starts("<?xml"), position + 5 < bytes.count, Self.isBlank(bytes[position + 5]) else {
      return
    }
    position += 5
    var seen: [String] = []
    while true {
      let blanks = skipBlanks()
      if starts("?>") { break }
      guard blanks, position < bytes.count else { throw fail("the XML declaration is not closed") }
      let attribute = try attribute()
      let value = String(decoding: bytes[attribute.valueRange], as: UTF8.self)
      let accepted =
        switch attribute.name {
        case "version": seen.isEmpty && value == "1.0"
        case "encoding":
          seen == ["version"]
            && ["utf-8", "utf8", "us-ascii", "ascii"].contains(value.lowercased())
        case "standalone": seen.contains("version") && (value == "yes" || value == "no")
        default: false
        }
      guard accepted, !seen.contains(attribute.name) else {
        throw XMLError(
          "\(attribute.name)='\(XMLCharacters.printable(value))' in the XML declaration; "
            + "expected version 1.0 and encoding UTF-8",
          at: attribute.nameRange.lowerBound, in: bytes)
      }
      seen.append(attribute.name)
    }
    guard seen.first == "version" else { throw fail("the XML declaration names no version") }
    position += 2
  }
}

// MARK: - Small parts

extension XMLScanner {
  private mutating func name(_ what: StaticString) throws(XMLError) -> String {
    text(try nameRange(what))
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private mutating func nameRange(_ what: StaticString) throws(XMLError) -> Range<Int> {
    let start = position
    while position < bytes.count {
      guard
        let length = XMLCharacters.nameCharacter(in: bytes, at: position, first: position == start)
      else { break }
      position += length
    }
    guard position > start else { throw fail("expected \(what)") }
    return start..<position
  }

  @discardableResult
  private mutating func skipBlanks() -> Bool {
    let start = position
    while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    return position > start
  }

  private func starts(_ mark: StaticString) -> Bool {
    let count = mark.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    return mark.withUTF8Buffer { buffer in
      for index in 0..<count where bytes[position + index] != buffer[index] { return false }
      return true
    }
  }

  private func fail(_ problem: String) -> XMLError {
    XMLError(problem, at: position, in: bytes)
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
  }
}
