// What stands at the places an edit changes, before and after, for the `before` and `after` fields.

enum DomainValues {
  /// The values that the edits find; nil where nothing is there.
  static func before(_ edits: [XMLEdit], in text: String) -> String? {
    guard let document = try? XMLDocument(text) else { return nil }
    return joined(edits) { value(of: $0, in: document.baseNode) }
  }

  /// The values that the edits leave.
  static func after(_ edits: [XMLEdit]) -> String? {
    joined(edits) { $0.removes || isRemovedAttribute($0) ? nil : $0.outcome }
  }

  private static func isRemovedAttribute(_ edit: XMLEdit) -> Bool {
    if case .removeAttribute = edit { return true }
    return false
  }

  /// One edit shows its value, several show place and value.
  private static func joined(_ edits: [XMLEdit], _ value: (XMLEdit) -> String?) -> String? {
    if edits.count == 1, let only = edits.first { return value(only) }
    let parts = edits.compactMap { edit in value(edit).map { "\(edit.place)=\($0)" } }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func value(of edit: XMLEdit, in root: XMLNode) -> String? {
    guard let node = node(at: edit.path, from: root) else { return nil }
    if let attribute = edit.attribute { return node[attribute] }
    switch edit {
    case .setText: return node.text.trimmedBlanks
    default: return "(present)"
    }
  }

  private static func node(at path: XMLPath, from root: XMLNode) -> XMLNode? {
    var node = root
    for step in path.steps {
      let matches = node.all(step.name).filter { child in
        step.attributes.allSatisfy { child[$0.name] == $0.value }
      }
      guard matches.indices.contains(step.index) else { return nil }
      node = matches[step.index]
    }
    return node
  }
}
