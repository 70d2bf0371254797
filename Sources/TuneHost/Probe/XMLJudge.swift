// libxml2 as the judge of domain XML: well-formedness, the sequence of elements, the schema.
//
// Entities are never substituted, nothing is fetched, and libxml2's own limits (depth 256, 10 MB
// of one text) stay on. A document type is refused before libxml2 sees it.

import CLibXML2
import Glibc

/// Why a text was refused.
public struct XMLProblem: Error, Sendable, Equatable {
  /// The line, from 1.
  public let line: Int
  /// The column, from 1; 1 where it isn't known.
  public let column: Int
  /// What is wrong, in libxml2's words or ours.
  public let message: String
}

/// A text that libxml2 found well-formed.
public final class JudgedXML {
  let document: xmlDocPtr

  private static let ready: Bool = {
    xmlInitParser()
    return true
  }()

  /// Parses a text.
  ///
  /// - Throws: `XMLProblem` with the first problem's place.
  public init(_ text: String) throws(XMLProblem) {
    guard Self.ready, !text.isEmpty else {
      throw XMLProblem(line: 1, column: 1, message: "the file is empty")
    }
    try Self.refuseDocumentType(text)
    guard let context = xmlNewParserCtxt() else {
      throw XMLProblem(line: 1, column: 1, message: "libxml2 has no memory left")
    }
    defer { xmlFreeParserCtxt(context) }
    let options =
      XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
    var text = text
    let parsed = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        xmlCtxtReadMemory(
          context, characters.baseAddress, Int32(clamping: characters.count), nil, "UTF-8",
          Int32(options))
      }
    }
    guard let parsed, context.pointee.wellFormed == 1 else {
      if let parsed { xmlFreeDoc(parsed) }
      throw Self.problem(xmlCtxtGetLastError(context))
    }
    document = parsed
  }

  deinit { xmlFreeDoc(document) }

  /// The names of all elements in the order of their start tags, with their prefixes.
  public var elements: [String] {
    var result: [String] = []
    var next = xmlDocGetRootElement(document)
    while let node = next {
      if node.pointee.type == XML_ELEMENT_NODE { result.append(Self.name(node)) }
      next = Self.following(node)
    }
    return result
  }

  private static func name(_ node: xmlNodePtr) -> String {
    let local = node.pointee.name.map { String(cString: $0) } ?? ""
    guard let prefix = node.pointee.ns?.pointee.prefix else { return local }
    return String(cString: prefix) + ":" + local
  }

  /// The next node in document order.
  private static func following(_ node: xmlNodePtr) -> xmlNodePtr? {
    // The children of an entity reference are the entity's, not the document's.
    if node.pointee.type == XML_ELEMENT_NODE, let child = node.pointee.children { return child }
    var at = node
    while true {
      if let next = at.pointee.next { return next }
      guard let parent = at.pointee.parent, parent.pointee.type == XML_ELEMENT_NODE else {
        return nil
      }
      at = parent
    }
  }

  private static func problem(_ error: UnsafePointer<xmlError>?) -> XMLProblem {
    guard let error else {
      return XMLProblem(line: 1, column: 1, message: "is not well-formed")
    }
    return problem(error.pointee)
  }

  private static func problem(_ error: UnsafeMutablePointer<xmlError>?) -> XMLProblem {
    problem(error.map { UnsafePointer($0) })
  }

  fileprivate static func problem(_ error: xmlError) -> XMLProblem {
    let text = error.message.map { String(cString: $0) } ?? "is not well-formed"
    let message = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return XMLProblem(
      line: max(1, Int(error.line)), column: max(1, Int(error.int2)), message: message)
  }

  /// Refuses `<!DOCTYPE`, and with it every entity definition.
  private static func refuseDocumentType(_ text: String) throws(XMLProblem) {
    let bytes = text.utf8
    var line = 1
    var lineStart = bytes.startIndex
    var index = bytes.startIndex
    while let hit = bytes[index...].firstIndex(where: { $0 == 60 || $0 == 10 }) {
      if bytes[hit] == 10 {
        line += 1
        lineStart = bytes.index(after: hit)
      } else if bytes[hit...].starts(with: "<!DOCTYPE".utf8) {
        throw XMLProblem(
          line: line, column: bytes.distance(from: lineStart, to: hit) + 1,
          message: "a document type is not accepted")
      }
      index = bytes.index(after: hit)
    }
  }
}

/// A RelaxNG schema, for instance libvirt's own of domains.
public final class XMLSchema {
  /// Where libvirt installs the schema of domains.
  public static let libvirtDomain = "/usr/share/libvirt/schemas/domain.rng"

  private let schema: xmlRelaxNGPtr

  /// Loads a schema; nil where it isn't there or can't be understood. Takes about a tenth of a
  /// second for libvirt's: load it once.
  public init?(path: String = XMLSchema.libvirtDomain) {
    guard access(path, R_OK) == 0, let parser = xmlRelaxNGNewParserCtxt(path) else { return nil }
    defer { xmlRelaxNGFreeParserCtxt(parser) }
    xmlRelaxNGSetParserErrors(parser, nil, nil, nil)
    guard let parsed = xmlRelaxNGParse(parser) else { return nil }
    schema = parsed
  }

  deinit { xmlRelaxNGFree(schema) }

  /// What the schema says against a document; empty where it is valid.
  public func problems(of xml: JudgedXML) -> [XMLProblem] {
    guard let context = xmlRelaxNGNewValidCtxt(schema) else { return [] }
    defer { xmlRelaxNGFreeValidCtxt(context) }
    let collected = Collected()
    let pointer = Unmanaged.passUnretained(collected).toOpaque()
    xmlRelaxNGSetValidStructuredErrors(
      context,
      { target, error in
        guard let target, let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue
        else { return }
        Unmanaged<Collected>.fromOpaque(target).takeUnretainedValue().add(error.pointee)
      }, pointer)
    let outcome = withExtendedLifetime(collected) { xmlRelaxNGValidateDoc(context, xml.document) }
    if outcome != 0, collected.problems.isEmpty {
      return [XMLProblem(line: 1, column: 1, message: "does not follow the schema")]
    }
    return outcome == 0 ? [] : collected.problems
  }

  private final class Collected {
    var problems: [XMLProblem] = []
    func add(_ error: xmlError) {
      if problems.count < 20 { problems.append(JudgedXML.problem(error)) }
    }
  }
}
