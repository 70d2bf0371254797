// Reads `settings:` of a profile: knobs, selectors in brackets, values with units.

import Yams

/// One line of `settings:` as written.
struct RawSetting: Sendable {
  let knob: Knob
  let selector: [String: String]
  /// Nil leaves the knob alone, whatever the base says.
  let value: ProfileValue?
  let place: Place

  func isSameTarget(_ other: RawSetting) -> Bool {
    knob.name == other.knob.name && selector == other.selector
  }
}

enum SettingParser {
  static func read(_ node: Node, _ problems: inout Problems) -> [RawSetting] {
    guard !node.isNull, let map = YAMLMap(node, "'settings'", allowed: nil, &problems) else {
      return []
    }
    var result: [RawSetting] = []
    for entry in map.entries {
      guard let setting = setting(entry, &problems) else { continue }
      if let first = result.first(where: { $0.isSameTarget(setting) }) {
        problems.add(
          entry.keyPlace,
          "\(entry.key.quoted()) sets what line \(first.place.line) sets already")
        continue
      }
      result.append(setting)
    }
    findContradictions(result, &problems)
    return result
  }

  private static func setting(_ entry: YAMLMap.Entry, _ problems: inout Problems) -> RawSetting? {
    guard let (name, selector) = split(entry, &problems) else { return nil }
    guard let knob = Knob.named(name) else {
      problems.add(
        entry.keyPlace,
        "unknown knob \(name.quoted())\(Nearest.hint(name, in: Knob.table.map(\.name)))")
      return nil
    }
    guard check(selector, of: knob, entry, &problems) else { return nil }
    if entry.value.isNull || entry.value.scalar?.string == "leave" {
      return RawSetting(knob: knob, selector: selector, value: nil, place: entry.keyPlace)
    }
    guard let value = value(entry.value, of: knob, selector, &problems) else { return nil }
    return RawSetting(knob: knob, selector: selector, value: value, place: entry.keyPlace)
  }

  /// `block[kind=nvme].scheduler` → `block.scheduler`, `kind=nvme`.
  private static func split(
    _ entry: YAMLMap.Entry, _ problems: inout Problems
  ) -> (name: String, selector: [String: String])? {
    guard let open = entry.key.firstIndex(of: "[") else { return (entry.key, [:]) }
    let rest = entry.key[entry.key.index(after: open)...]
    guard let close = rest.firstIndex(of: "]") else {
      problems.add(entry.keyPlace, "\(entry.key.quoted()) opens a bracket and doesn't close it")
      return nil
    }
    var selector: [String: String] = [:]
    for part in rest[..<close].split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      let key = pair.first.map { $0.trimmedBlanks } ?? ""
      let value = pair.last.map { $0.trimmedBlanks } ?? ""
      guard pair.count == 2, !key.isEmpty, !value.isEmpty, selector[key] == nil else {
        problems.add(
          entry.keyPlace,
          "the selector in \(entry.key.quoted()) is not understood; expected [key=value,…]")
        return nil
      }
      selector[key] = value
    }
    let tail = rest[rest.index(after: close)...]
    return (String(entry.key[..<open]) + String(tail), selector)
  }

  private static func check(
    _ selector: [String: String], of knob: Knob, _ entry: YAMLMap.Entry,
    _ problems: inout Problems
  ) -> Bool {
    for (key, value) in selector.sorted(by: { $0.key < $1.key }) {
      guard let words = knob.selectors[key] else {
        let known = knob.selectors.keys.sorted()
        let hint =
          known.isEmpty
          ? "'\(knob.name)' takes no selector"
          : "expected \(known.joined(separator: " or "))\(Nearest.hint(key, in: known))"
        problems.add(entry.keyPlace, "unknown selector \(key.quoted()); \(hint)")
        return false
      }
      if !words.isEmpty, !words.contains(value) {
        problems.add(
          entry.keyPlace,
          "selector '\(key)' is \(value.quoted()); expected \(words.joined(separator: ", "))"
            + Nearest.hint(value, in: words))
        return false
      }
      if key == "size", ByteSize(value).map({ $0.kib < 4 }) ?? true {
        problems.add(
          entry.keyPlace,
          "'\(knob.name).size' is \(value.quoted()); expected a size such as 2MiB or 1GiB")
        return false
      }
      if key == "node", Int(value).map({ !(0..<CPUSet.limit).contains($0) }) ?? true {
        problems.add(
          entry.keyPlace, "selector 'node' is \(value.quoted()); expected a node number")
        return false
      }
    }
    return true
  }

  private static func value(
    _ node: Node, of knob: Knob, _ selector: [String: String], _ problems: inout Problems
  ) -> ProfileValue? {
    func wrong(_ expected: String) -> ProfileValue? {
      problems.add(node.place, "'\(knob.name)' is \(node.shown); expected \(expected)")
      return nil
    }
    guard let text = node.scalar?.string.trimmedBlanks else { return wrong("a single value") }
    switch knob.kind {
    case .integer(let range):
      if let number = Int(text), range.contains(number) { return .integer(number) }
      return wrong("a whole number\(YAMLMap.limits(range))")
    case .flag:
      return node.flag.map { .flag($0) } ?? wrong("on or off")
    case .word(let words):
      guard words.contains(text) else {
        return wrong("one of \(words.joined(separator: ", "))\(Nearest.hint(text, in: words))")
      }
      return .text(text)
    case .triple:
      let numbers = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }
      guard numbers.count == 3, numbers[0] <= numbers[1], numbers[1] <= numbers[2] else {
        return wrong("three rising whole numbers")
      }
      return .text(numbers.map(String.init).joined(separator: " "))
    case .pages: return pages(text, selector) ?? wrong("auto, a number of pages, or a size")
    case .any:
      if let number = Int(text) { return .integer(number) }
      guard text.utf8.count <= 256, text.printable == text else {
        return wrong("a value of at most 256 characters")
      }
      return .text(text)
    }
  }

  private static func pages(_ text: String, _ selector: [String: String]) -> ProfileValue? {
    if text == "auto" { return .text("auto") }
    if let count = Int(text) { return (0...(1 << 40)).contains(count) ? .integer(count) : nil }
    guard let size = ByteSize(text), let page = selector["size"].flatMap({ ByteSize($0) }),
      page.bytes > 0, size.bytes % page.bytes == 0
    else { return nil }
    return .integer(size.bytes / page.bytes)
  }

  /// Pairs of knobs of which only one can hold.
  private static func findContradictions(_ settings: [RawSetting], _ problems: inout Problems) {
    func find(_ name: String) -> RawSetting? {
      settings.first { $0.knob.name == name && $0.value != nil }
    }
    for (ratio, bytes) in [
      ("vm.dirty_ratio", "vm.dirty_bytes"),
      ("vm.dirty_background_ratio", "vm.dirty_background_bytes"),
    ] {
      guard let first = find(ratio), let second = find(bytes) else { continue }
      problems.add(
        max(first, second).place,
        "'\(ratio)' and '\(bytes)' contradict: the kernel keeps the one that was written last")
    }
    if let background = find("vm.dirty_background_ratio"), let limit = find("vm.dirty_ratio"),
      case .integer(let low) = background.value, case .integer(let high) = limit.value,
      low > 0, low >= high
    {
      problems.add(
        max(background, limit).place,
        "'vm.dirty_background_ratio' \(low) is not below 'vm.dirty_ratio' \(high)")
    }
    findAmbiguous(settings, &problems)
  }

  /// Two selectors of one knob that a device can meet both, neither narrower than the other.
  private static func findAmbiguous(_ settings: [RawSetting], _ problems: inout Problems) {
    for (index, second) in settings.enumerated() where second.selector.count > 0 {
      for first in settings[..<index]
      where first.knob.name == second.knob.name && first.value != second.value
        && first.selector.count == second.selector.count
        && Set(first.selector.keys) != Set(second.selector.keys)
      {
        problems.add(
          second.place,
          "contradicts line \(first.place.line): a device can meet both selectors, and the values differ"
        )
      }
    }
  }

  private static func max(_ left: RawSetting, _ right: RawSetting) -> RawSetting {
    (left.place.line, left.place.column) < (right.place.line, right.place.column) ? right : left
  }
}
