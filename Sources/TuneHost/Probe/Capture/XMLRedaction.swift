// Takes names, serial numbers and foreign metadata out of domain XML.

import TuneKit

/// Redacts XML by splicing; malformed XML becomes empty.
enum XMLRedaction {
  private static let texts: Set<String> = ["title", "description", "serial", "dhCert", "session"]
  private static let entries: Set<String> = ["serial", "asset", "uuid", "sku"]
  /// Namespaces of metadata that rules read.
  private static let kept = ["libosinfo.org", "tuned-vm.org"]

  static func applied(to bytes: [UInt8]) -> [UInt8] {
    guard let document = try? XMLDocument(bytes) else { return [] }
    var edits: [(range: Range<Int>, text: String)] = []
    for node in document.root.descendants {
      if node.parent?.name == "metadata" {
        let namespace = node.namespace ?? ""
        if !kept.contains(where: { namespace.contains($0) }) {
          edits.append((node.element.tag.lowerBound..<node.element.end, ""))
        }
        continue
      }
      edits += attributes(of: node).map { ($0.range, $0.text) }
      let isEntry = node.name == "entry" && entries.contains(node["name"] ?? "")
      guard !node.element.isSelfClosing, node.children.isEmpty else { continue }
      if isEntry || texts.contains(node.name) {
        edits.append((node.element.content, "redacted"))
      } else if node.name == "wwn" {
        edits.append((node.element.content, "5000000000000001"))
      }
    }
    return splice(bytes, edits)
  }

  /// Servers, accounts, and what is handed to QEMU past libvirt.
  private static func attributes(of node: XMLNode) -> [(range: Range<Int>, text: String)] {
    let wanted: [String: String]
    switch (node.name, node.localName) {
    case ("host", _): wanted = ["name": "redacted.invalid"]
    case ("auth", _): wanted = ["username": "redacted"]
    case (_, "arg") where node.name != "arg": wanted = ["value": "redacted"]
    case (_, "env") where node.name != "env": wanted = ["value": "redacted"]
    default: return []
    }
    return node.element.attributes.compactMap { attribute in
      wanted[attribute.name].map { (attribute.valueRange, $0) }
    }
  }

  /// Where libvirt has words of its own: a guest called "kvm" must not become the domain's type.
  private static let choices: Set<String> = [
    "access", "action", "arch", "bus", "cache", "device", "format", "io", "machine", "mode",
    "model", "policy", "state", "type", "unit",
  ]
  private static let choiceTexts: Set<String> = ["arch", "model", "type", "vendor"]

  /// Puts other words everywhere, comments too, but not into names of elements, attributes and
  /// entities nor where libvirt has words of its own.
  static func reworded(_ bytes: [UInt8], _ words: ([UInt8]) -> [UInt8]) -> [UInt8] {
    guard let document = try? XMLDocument(bytes) else { return [] }
    var kept = entities(in: bytes)
    for node in document.root.descendants + [document.root] {
      let element = node.element
      let length = element.name.utf8.count
      kept.append(element.tag.lowerBound + 1..<element.tag.lowerBound + 1 + length)
      for attribute in element.attributes {
        kept.append(attribute.nameRange)
        let isDriver = node.name == "driver" && attribute.name == "name"
        if isDriver || choices.contains(attribute.name) { kept.append(attribute.valueRange) }
      }
      guard !element.isSelfClosing else { continue }
      // Behind `</`.
      let closing = element.content.upperBound + 2
      kept.append(closing..<closing + length)
      if choiceTexts.contains(node.name), node.children.isEmpty { kept.append(element.content) }
    }
    var result: [UInt8] = []
    var done = 0
    for range in kept.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard range.lowerBound >= done else { continue }
      result += words(Array(bytes[done..<range.lowerBound])) + bytes[range]
      done = range.upperBound
    }
    return result + words(Array(bytes[done...]))
  }

  private static let entityNames: Set<String> = ["amp", "apos", "gt", "lt", "quot"]

  /// Where `&amp;` and its like stand.
  private static func entities(in bytes: [UInt8]) -> [Range<Int>] {
    bytes.indices.filter { bytes[$0] == UInt8(ascii: "&") }.compactMap { start in
      let rest = bytes[(start + 1)...]
      guard let end = rest.prefix(10).firstIndex(of: UInt8(ascii: ";")) else { return nil }
      let name = String(decoding: rest[..<end], as: UTF8.self)
      return name.hasPrefix("#") || entityNames.contains(name) ? start..<end : nil
    }
  }

  /// A text with parts of it replaced; what lies inside another part goes with it.
  static func splice(
    _ bytes: [UInt8], _ edits: [(range: Range<Int>, text: String)]
  ) -> [UInt8] {
    var outer: [(range: Range<Int>, text: String)] = []
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      // One inside another is gone with it.
      guard edit.range.lowerBound >= outer.last?.range.upperBound ?? 0 else { continue }
      outer.append(edit)
    }
    var result = bytes
    for edit in outer.reversed() { result.replaceSubrange(edit.range, with: edit.text.utf8) }
    return result
  }
}
