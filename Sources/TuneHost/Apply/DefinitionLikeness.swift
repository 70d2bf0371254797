// Whether a definition that libvirt gives back is the one we handed over: libvirt reformats and
// adds defaults, but loses nothing.

import TuneKit

enum DefinitionLikeness {
  /// Whether every element, attribute and text of `sent` stands in `stored` as well.
  static func holds(_ sent: String, in stored: String) -> Bool {
    guard let a = try? XMLDocument(sent), let b = try? XMLDocument(stored) else { return false }
    return holds(a.baseNode, in: b.baseNode)
  }

  private static func holds(_ sent: XMLNode, in stored: XMLNode) -> Bool {
    guard sent.name == stored.name else { return false }
    for attribute in sent.element.attributes where stored[attribute.name] != sent[attribute.name] {
      return false
    }
    if sent.children.isEmpty, sent.text.trimmedBlanks != stored.text.trimmedBlanks { return false }
    // Children of one name keep their order.
    var candidates = stored.children[...]
    var byName: [String: ArraySlice<XMLNode>] = [:]
    while let node = candidates.popFirst() { byName[node.name, default: []].append(node) }
    for child in sent.children {
      var rest = byName[child.name] ?? []
      guard let index = rest.firstIndex(where: { holds(child, in: $0) }) else { return false }
      rest.remove(at: index)
      byName[child.name] = rest
    }
    return true
  }
}
