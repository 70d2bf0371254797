// One kernel value against its target: reading, comparing, and the change that puts it right.

/// What a kernel value should be.
public enum KnobTarget: Sendable, Equatable {
  /// Exactly this.
  case equal(String)
  /// One of these; the first is what a change writes.
  case oneOf([String])
  /// A number of at most this.
  case atMost(Int)
  /// A number of at least this.
  case atLeast(Int)

  /// As shown in evidence.
  public var text: String {
    switch self {
    case .equal(let value): value
    case .oneOf(let values): values.joined(separator: " or ")
    case .atMost(let limit): "at most \(limit)"
    case .atLeast(let limit): "at least \(limit)"
    }
  }

  /// What a change writes.
  public var written: String {
    switch self {
    case .equal(let value): value
    case .oneOf(let values): values.first ?? ""
    case .atMost(let limit), .atLeast(let limit): "\(limit)"
    }
  }

  /// Whether a normalised value meets the target; nil where it is nothing the kernel could have
  /// meant: no number where one is needed, no word where one is.
  public func accepts(_ value: String) -> Bool? {
    switch self {
    case .equal(let wanted):
      let wanted = KnobValue.normal(wanted)
      if value == wanted { return true }
      return KnobValue.isAlike(value, wanted) ? false : nil
    case .oneOf(let wanted):
      let wanted = wanted.map { KnobValue.normal($0) }
      if wanted.contains(value) { return true }
      return wanted.contains { KnobValue.isAlike(value, $0) } ? false : nil
    case .atMost(let limit): return Int(value).map { $0 <= limit }
    case .atLeast(let limit): return Int(value).map { $0 >= limit }
    }
  }
}

/// Kernel values as they are compared.
public enum KnobValue {
  /// Whether a value is of the kind of another one: as many whole numbers, or a word.
  static func isAlike(_ value: String, _ other: String) -> Bool {
    let numbers = other.words.compactMap { Int($0) }
    if !numbers.isEmpty, numbers.count == other.words.count {
      return value.words.count == numbers.count && value.words.allSatisfy { Int($0) != nil }
    }
    // Texts of other kinds (`not required`) begin with a letter, as words do.
    return value.utf8.first.map { $0 | 32 >= 97 && $0 | 32 <= 122 } ?? false
  }

  /// The chosen word where choices stand in brackets, `Y`/`N` as 1/0, blanks as one space.
  public static func normal(_ text: String) -> String {
    let words = text.words
    for word in words where word.hasPrefix("[") && word.hasSuffix("]") && word.count > 2 {
      return String(word.dropFirst().dropLast())
    }
    switch words.count == 1 ? words[0] : "" {
    case "Y", "y": return "1"
    case "N", "n": return "0"
    default: return words.map(String.init).joined(separator: " ")
    }
  }
}

/// A knob of one thing with its target.
struct KnobItem: Sendable {
  /// The name people know it by.
  let name: String
  /// Its file.
  let path: String
  let target: KnobTarget
  /// What to write, where that isn't the target's own text.
  var written: String?
  /// How the value comes back at the next boot; nil where nothing does that.
  var persistence: Persistence?
  /// All words the kernel may answer, where they are known; anything else is no answer.
  var known: Set<String>?

  /// Its value now, normalised.
  func reading(_ snapshot: Snapshot) -> Known<String> {
    snapshot.text(path).parsed(as: "a value the kernel gives") { text in
      let value = KnobValue.normal(text)
      guard !value.isEmpty, known.map({ $0.contains(value) }) ?? true else { return nil }
      return value
    }
  }

  func changes() -> [Change] {
    let value = written ?? target.written
    return [.knob(path: path, value: value)] + (persistence.map { [.persist($0)] } ?? [])
  }

  /// A sysctl.
  static func sysctl(_ key: String, _ target: KnobTarget, written: String? = nil) -> KnobItem {
    KnobItem(
      name: key, path: Snapshot.knobPath(sysctl: key), target: target, written: written,
      persistence: .sysctl(key: key, value: written ?? target.written))
  }

  /// A file of sysfs that tmpfiles.d writes at boot.
  static func file(
    _ name: String, _ path: String, _ target: KnobTarget, known: Set<String>? = nil
  ) -> KnobItem {
    KnobItem(
      name: name, path: path, target: target,
      persistence: .tmpfile(path: path, value: target.written), known: known)
  }

  /// A module's parameter.
  static func module(_ module: String, _ parameter: String, _ target: KnobTarget) -> KnobItem {
    KnobItem(
      name: "\(module).\(parameter)", path: "/sys/module/\(module)/parameters/\(parameter)",
      target: target,
      persistence: .modprobe(module: module, option: parameter, value: target.written))
  }
}

extension Persistence {
  /// What a remedy says about it.
  var word: String {
    switch self {
    case .sysctl: "sysctl.d"
    case .tmpfile: "tmpfiles.d"
    case .udev: "udev rule"
    case .modprobe: "modprobe.d"
    case .modulesLoad: "modules-load.d"
    case .kernelArgument: "kernel argument"
    }
  }
}

extension Snapshot {
  /// The file of a sysctl.
  static func knobPath(sysctl key: String) -> String {
    "/proc/sys/" + String(decoding: key.utf8.map { $0 == 46 ? 47 : $0 }, as: UTF8.self)
  }

  /// Whether a file is known not to be there, rather than unread: nothing of that name was found
  /// while something beside it, or beside a directory above it, was.
  func isAbsent(_ path: String) -> Bool {
    if files[path] != nil { return false }
    if hasNoWay(to: path) { return true }
    if let exists = exists(path) { return !exists }
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return false }
    let beside = String(path[...slash])
    if files.keys.contains(where: { $0.hasPrefix(beside) }) { return true }
    return isAbsent(String(path[..<slash]))
  }

  /// Whether a directory above lacks the next name on the way: told without looking at every file.
  private func hasNoWay(to path: String) -> Bool {
    var above = path[...]
    while let slash = above.lastIndex(of: "/"), slash > path.startIndex {
      above = path[..<slash]
      let name = String(above)
      if files[name] != nil { return false }
      if let exists = exists(name) { return !exists }
    }
    return false
  }
}
