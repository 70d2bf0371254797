// An XML text with the place of everything in it, so that an edit can leave all other bytes alone.

/// An attribute as written.
public struct XMLAttribute: Sendable, Equatable {
  /// The name with its prefix.
  public let name: String
  /// The bytes of the name.
  public let nameRange: Range<Int>
  /// The bytes between the quotes.
  public let valueRange: Range<Int>
  /// The quote: `'` or `"`.
  public let quote: UInt8
}

/// An element as written.
public struct XMLElement: Sendable, Equatable {
  /// The name with its prefix.
  public let name: String
  /// The attributes in their order.
  public let attributes: [XMLAttribute]
  /// The bytes of the opening tag, from `<` to behind `>`.
  public let tag: Range<Int>
  /// The bytes between the tags; empty where the element is written as `<a/>`.
  public internal(set) var content: Range<Int>
  /// Behind the last byte of the element.
  public internal(set) var end: Int
  /// Whether it is written as `<a/>`.
  public let isSelfClosing: Bool
  /// The parent's index among the document's elements; nil for the root.
  public let parent: Int?
  /// The children's indexes, in order.
  public internal(set) var children: [Int]
}

/// A well-formed XML text as a tree of byte ranges.
///
/// Immutable, and shared by all nodes that point into it.
public final class XMLDocument: Sendable {
  /// Longest text that is read, in bytes.
  public static let sizeLimit = 16 << 20
  /// Deepest nesting that is read.
  public static let depthLimit = 256

  /// The text.
  public let bytes: [UInt8]
  /// All elements in document order; the first is the root.
  public let elements: [XMLElement]
  /// The element that paths start from: the `<domain>` of a live status file, else the root.
  let base: Int

  /// Reads a text.
  ///
  /// - Throws: `XMLError` where it is not well-formed, holds a document type declaration, is too
  ///   large or too deeply nested, or isn't UTF-8.
  public init(_ bytes: [UInt8]) throws(XMLError) {
    var scanner = XMLScanner(bytes)
    let elements = try scanner.scan()
    self.bytes = bytes
    self.elements = elements
    let root = elements[0]
    base =
      root.name == "domstatus"
      ? root.children.first { elements[$0].name == "domain" } ?? 0 : 0
  }

  /// Reads a text.
  public convenience init(_ text: String) throws(XMLError) { try self.init(Array(text.utf8)) }

  /// The outermost element.
  public var root: XMLNode { XMLNode(document: self, index: 0) }
  /// The element that paths start from.
  public var baseNode: XMLNode { XMLNode(document: self, index: base) }
}
