// Creates elements in a definition, in libvirt's order and in the style of their surroundings.

extension DomainXMLEdit {
  /// Creates the missing end of a path below the last element that is there.
  static func create(
    _ path: XMLPath, adding attribute: XMLPath.Attribute? = nil, text: String? = nil,
    in document: XMLDocument
  ) throws(XMLEditError) -> Splice {
    var parent = document.baseNode
    var missing = path.steps[...]
    while let step = missing.first {
      let matches = parent.all(step.name).filter { Self.fits($0, step) }
      guard step.index < matches.count else { break }
      parent = matches[step.index]
      missing = missing.dropFirst()
    }
    guard let first = missing.first else {
      throw XMLEditError(path: path.description, problem: "is there already")
    }
    let style = XMLStyle(parent)
    let place = Place(of: first, below: parent)
    let indent = place.indent(style)
    let element = style.render(missing, adding: attribute, text: text, indent: indent)
    return place.splice(element, style: style, indent: indent)
  }

  /// Where a new element goes.
  private enum Place {
    /// Behind this child.
    case behind(XMLNode)
    /// As the first of the parent's children.
    case first(XMLNode, before: XMLNode)
    /// Into a parent without children.
    case into(XMLNode)

    init(of step: XMLPath.Step, below parent: XMLNode) {
      let children = parent.children
      let rank = DomainXMLOrder.rank(of: step, below: parent.name)
      let previous = children.last {
        DomainXMLOrder.rank(of: $0, below: parent.name) <= rank
      }
      if let previous {
        self = .behind(previous)
      } else if let next = children.first {
        self = .first(parent, before: next)
      } else {
        self = .into(parent)
      }
    }

    /// The blanks before the new element's line; nil where it has no line of its own.
    func indent(_ style: XMLStyle) -> [UInt8]? {
      switch self {
      case .behind(let node): XMLStyle.indent(of: node)
      case .first(_, let next): XMLStyle.indent(of: next)
      case .into(let parent): XMLStyle.indent(of: parent).map { $0 + style.step }
      }
    }

    func splice(_ element: [UInt8], style: XMLStyle, indent: [UInt8]?) -> Splice {
      let line = indent.map { style.newline + $0 } ?? []
      switch self {
      case .behind(let node):
        let end = indent == nil ? node.element.end : XMLStyle.endOfLine(behind: node)
        return Splice(range: end..<end, bytes: line + element)
      case .first(let parent, _):
        let start = parent.element.tag.upperBound
        return Splice(range: start..<start, bytes: line + element)
      case .into(let parent):
        return Self.fill(parent, with: line + element, style: style)
      }
    }

    private static func fill(
      _ parent: XMLNode, with line: [UInt8], style: XMLStyle
    ) -> Splice {
      let element = parent.element
      let bytes = parent.document.bytes
      let back = XMLStyle.indent(of: parent).map { style.newline + $0 } ?? []
      if element.isSelfClosing {
        return DomainXMLEdit.open(element, around: line + back, in: bytes)
      }
      let end = DomainXMLEdit.blanks(before: element.content.upperBound, in: bytes)
      let start = max(end, element.content.lowerBound)
      // What is there beside blanks, for instance a comment, stays in front.
      return start == element.content.lowerBound
        ? Splice(range: element.content, bytes: line + back)
        : Splice(range: start..<start, bytes: line)
    }
  }
}

/// Quotes, indentation and line ends around a place of a document.
struct XMLStyle {
  let quote: UInt8
  let newline: [UInt8]
  /// What one level of indentation adds.
  let step: [UInt8]

  init(_ node: XMLNode) {
    let document = node.document
    let near = [node.index] + node.element.children.reversed()
    let attribute =
      near.lazy.compactMap { document.elements[$0].attributes.last }.first
      ?? document.elements.lazy.compactMap { $0.attributes.first }.first
    quote = attribute?.quote ?? UInt8(ascii: "'")
    let lineFeed = document.bytes.firstIndex(of: 0x0A)
    let isPair = lineFeed.map { $0 > 0 && document.bytes[$0 - 1] == 0x0D } ?? false
    newline = isPair ? [0x0D, 0x0A] : [0x0A]
    step = Self.step(document)
  }

  private static func step(_ document: XMLDocument) -> [UInt8] {
    for element in document.baseNode.children {
      guard let inner = indent(of: element), let outer = indent(of: document.baseNode),
        inner.count > outer.count
      else { continue }
      return Array(inner.dropFirst(outer.count))
    }
    return [0x20, 0x20]
  }

  /// The blanks between the line's start and an element; nil where something else stands there.
  static func indent(of node: XMLNode) -> [UInt8]? {
    let bytes = node.document.bytes
    let place = node.element.tag.lowerBound
    var start = place
    while start > 0, bytes[start - 1] == 0x20 || bytes[start - 1] == 0x09 { start -= 1 }
    // The very first element of a text without a line before it counts as on its own line only
    // where the text has lines at all.
    guard start == 0 ? bytes.contains(0x0A) : bytes[start - 1] == 0x0A else { return nil }
    return Array(bytes[start..<place])
  }

  /// Behind an element and the comment that shares its last line.
  static func endOfLine(behind node: XMLNode) -> Int {
    let bytes = node.document.bytes
    let end = node.element.end
    var place = end
    while place < bytes.count, bytes[place] != 0x0A {
      if bytes[place] == 0x20 || bytes[place] == 0x09 || bytes[place] == 0x0D {
        place += 1
      } else if bytes[place...].starts(with: Array("<!--".utf8)),
        let close = closing(of: place, in: bytes)
      {
        place = close
      } else {
        return end
      }
    }
    // Blanks at the line's end stay behind what is added.
    return DomainXMLEdit.blanks(before: place, in: bytes) < end
      ? end : DomainXMLEdit.blanks(before: place, in: bytes)
  }

  /// Behind a comment that ends on its line; nil where it goes on.
  private static func closing(of start: Int, in bytes: [UInt8]) -> Int? {
    var place = start + 4
    while place + 3 <= bytes.count, bytes[place] != 0x0A {
      if bytes[place..<(place + 3)].elementsEqual(Array("-->".utf8)) { return place + 3 }
      place += 1
    }
    return nil
  }

  static func attribute(_ name: String, _ value: String, quote: UInt8) -> [UInt8] {
    Array(name.utf8) + [UInt8(ascii: "="), quote]
      + XMLCharacters.escapedAttribute(value, quote: quote) + [quote]
  }

  /// A chain of new elements, one in the other.
  func render(
    _ steps: ArraySlice<XMLPath.Step>, adding attribute: XMLPath.Attribute?, text: String?,
    indent: [UInt8]?
  ) -> [UInt8] {
    guard let step = steps.first else { return [] }
    let rest = steps.dropFirst()
    var attributes = step.attributes
    if rest.isEmpty, let attribute {
      attributes.removeAll { $0.name == attribute.name }
      attributes.append(attribute)
    }
    var bytes = [UInt8(ascii: "<")] + Array(step.name.utf8)
    for attribute in attributes {
      bytes += [0x20] + Self.attribute(attribute.name, attribute.value, quote: quote)
    }
    let closing = Array("</\(step.name)>".utf8)
    if rest.isEmpty {
      guard let text else { return bytes + Array("/>".utf8) }
      return bytes + [UInt8(ascii: ">")] + XMLCharacters.escapedText(text) + closing
    }
    let inner = indent.map { $0 + self.step }
    bytes += [UInt8(ascii: ">")] + (inner.map { newline + $0 } ?? [])
    bytes += render(rest, adding: attribute, text: text, indent: inner)
    return bytes + (indent.map { newline + $0 } ?? []) + closing
  }
}
