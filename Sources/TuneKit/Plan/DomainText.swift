// A domain definition as text: edits, what an edit touches, and passwords kept out of sight.

enum DomainText {
  /// The text with every password replaced, for diffs and plans: of the attributes `passwd` and
  /// `password`, in comments too, and every value that speaks of one (arguments for QEMU).
  static func withoutPasswords(_ definition: XMLDocument) -> String {
    guard speaksOfPassword(definition.bytes[...]) else { return definition.text }
    var bytes = definition.bytes
    let values = definition.elements.flatMap(\.attributes).map(\.valueRange)
    for range in values.reversed() where speaksOfPassword(definition.bytes[range]) {
      bytes.replaceSubrange(range, with: Array(hiddenPassword.utf8))
    }
    var result = String(decoding: bytes, as: UTF8.self)
    for name in ["passwd", "password"] { result = masking(name, in: result) }
    return result
  }

  /// Whether `passw` stands somewhere, in whatever case.
  private static func speaksOfPassword(_ bytes: ArraySlice<UInt8>) -> Bool {
    let word = Array("passw".utf8)
    var rest = bytes
    while let found = rest.firstIndex(where: { $0 | 0x20 == word[0] }) {
      rest = rest[(found + 1)...]
      if rest.prefix(4).map({ $0 | 0x20 }).elementsEqual(word.dropFirst()) { return true }
    }
    return false
  }

  private static func masking(_ name: String, in text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let found = rest.firstRange(of: name) {
      result += rest[..<found.upperBound]
      rest = rest[found.upperBound...]
      let before = result.utf8.dropLast(name.utf8.count).last
      guard before.map({ $0 <= 32 }) ?? false else { continue }
      let sign = rest.prefix { $0 == "=" || $0.isWhitespace }
      guard sign.contains("="), let quote = rest.dropFirst(sign.count).first,
        quote == "'" || quote == "\""
      else { continue }
      let value = rest.dropFirst(sign.count + 1)
      guard let end = value.firstIndex(of: quote) else { continue }
      result += sign + String(quote) + hiddenPassword + String(quote)
      rest = value[value.index(after: end)...]
    }
    return result + rest
  }

  /// Whether an edit touches the machine, the CPU model or a disk: not while libvirt holds a saved
  /// image or a snapshot, which must match them (rules.md annex e).
  static func touchesSavedState(_ edit: XMLEdit) -> Bool {
    let names = edit.path.steps.map(\.name)
    switch names.first {
    case "os", "cpu", "vcpu", "memory", "features": return true
    case "devices": return names.count < 2 || names[1] == "disk" || names[1] == "controller"
    default: return false
    }
  }
}

extension XMLEdit {
  /// Where it works.
  var path: XMLPath {
    switch self {
    case .setAttribute(let path, _, _), .removeAttribute(let path, _), .setText(let path, _),
      .ensure(let path), .remove(let path):
      path
    }
  }

  /// The attribute it works on.
  var attribute: String? {
    switch self {
    case .setAttribute(_, let name, _), .removeAttribute(_, let name): name
    default: nil
    }
  }

  /// What stands at its place afterwards, in words.
  var outcome: String {
    switch self {
    case .setAttribute(_, _, let value), .setText(_, let value): value
    case .removeAttribute, .remove: "(absent)"
    case .ensure: "(present)"
    }
  }

  /// Path and attribute, as one text that names the target within the definition.
  public var place: String {
    attribute.map { "\(path)/@\($0)" } ?? path.description
  }
}

extension XMLPath {
  /// Whether it leads to or below the place of another.
  func begins(with other: XMLPath) -> Bool { steps.starts(with: other.steps) }
}
