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
  /// Of each element its place among the siblings of its name, and how many those are.
  let positions: [(index: Int, count: Int)]
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
    positions = Self.positions(elements)
    let root = elements[0]
    base =
      root.name == "domstatus"
      ? root.children.first { elements[$0].name == "domain" } ?? 0 : 0
  }

  /// One pass over all children, so that naming a place never searches siblings.
  private static func positions(_ elements: [XMLElement]) -> [(index: Int, count: Int)] {
    var result = [(index: Int, count: Int)](repeating: (0, 1), count: elements.count)
    for parent in elements where parent.children.count > 1 {
      var counter = NameCounter(of: parent.children.count)
      for child in parent.children { result[child].index = counter.add(elements[child].name) }
      for child in parent.children { result[child].count = counter.count(of: elements[child].name) }
    }
    return result
  }

  /// Reads a text.
  public convenience init(_ text: String) throws(XMLError) { try self.init(Array(text.utf8)) }

  /// The text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
  /// The outermost element.
  public var root: XMLNode { XMLNode(document: self, index: 0) }
  /// The element that paths start from.
  public var baseNode: XMLNode { XMLNode(document: self, index: base) }
}

/// Counts names of siblings: a few by looking along the list, many by hashing.
private struct NameCounter {
  private var few: [(name: String, count: Int)] = []
  private var many: [String: Int] = [:]
  private let areMany: Bool

  init(of siblings: Int) { areMany = siblings > 64 }

  /// Counts a name once more; how often it came before.
  mutating func add(_ name: String) -> Int {
    if areMany {
      let before = many[name] ?? 0
      many[name] = before + 1
      return before
    }
    if let place = few.firstIndex(where: { $0.name == name }) {
      few[place].count += 1
      return few[place].count - 1
    }
    few.append((name, 1))
    return 0
  }

  func count(of name: String) -> Int {
    areMany ? many[name] ?? 1 : few.first { $0.name == name }?.count ?? 1
  }
}
