// The reading plan as a tree of name patterns, so that each directory is opened and listed once.

import TuneKit

/// A name of one path component, with `*` for any run of characters and `#` for a run of digits.
struct NamePattern: Hashable {
  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  /// Whether the text has a wildcard at all.
  static func isPattern(_ text: String) -> Bool { text.utf8.contains { $0 == 42 || $0 == 35 } }

  /// Whether the pattern describes the name. `*` does not stand for a name's leading dot.
  func matches(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { text in
      if text.first == 46, bytes.first == 42 { return false }
      return bytes.withUnsafeBufferPointer { Self.match($0[...], text[...]) }
    }
  }

  private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

  private static func match(_ pattern: Bytes, _ text: Bytes) -> Bool {
    var pattern = pattern
    var text = text
    while let wanted = pattern.popFirst() {
      switch wanted {
      case 42:
        if pattern.isEmpty { return true }
        while true {
          if match(pattern, text) { return true }
          guard text.popFirst() != nil else { return false }
        }
      case 35:
        guard let digit = text.popFirst(), isDigit(digit) else { return false }
        while let next = text.first, isDigit(next) { text.removeFirst() }
      default:
        guard text.popFirst() == wanted else { return false }
      }
    }
    return text.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
}

/// A node of the plan: what to do with a name, and what to look for below it.
final class PlanNode {
  /// What is wanted of a name.
  struct Wants: OptionSet {
    let rawValue: UInt8
    static let file = Wants(rawValue: 1)
    static let tail = Wants(rawValue: 2)
    static let directory = Wants(rawValue: 4)
    static let link = Wants(rawValue: 8)
  }

  fileprivate(set) var wants: Wants = []
  /// Children with a plain name.
  fileprivate(set) var literals: [(name: String, node: PlanNode)] = []
  /// The same names as C strings.
  fileprivate(set) var literalBytes: [[CChar]] = []
  /// Children with wildcards.
  fileprivate(set) var patterns: [(pattern: NamePattern, text: String, node: PlanNode)] = []
  /// Groups of files in this directory of which the first readable one is enough.
  fileprivate(set) var groups: [[String]] = []

  /// Whether there is anything to look for below.
  var hasChildren: Bool { !literals.isEmpty || !patterns.isEmpty || !groups.isEmpty }
  /// Whether the directory's names are needed.
  var needsNames: Bool { wants.contains(.directory) || !patterns.isEmpty }
  /// From so many plain names on it costs less to list a directory of sysfs than to ask for each.
  var isWorthListing: Bool { literals.count >= 4 }

  fileprivate func child(_ component: String) -> PlanNode {
    if NamePattern.isPattern(component) {
      if let known = patterns.first(where: { $0.text == component }) { return known.node }
      let node = PlanNode()
      patterns.append((NamePattern(component), component, node))
      return node
    }
    if let known = literals.first(where: { $0.name == component }) { return known.node }
    let node = PlanNode()
    literals.append((component, node))
    literalBytes.append(Array(component.utf8CString))
    return node
  }

  /// Adds a path pattern.
  func add(_ path: String, _ wants: Wants) {
    node(path).wants.insert(wants)
  }

  /// Adds a group of files of which one is enough. They share a directory; else all are read.
  func add(firstOf paths: [String]) {
    let parents = Set(paths.map { $0.split(separator: "/").dropLast().joined(separator: "/") })
    guard parents.count == 1, let parent = parents.first else {
      for path in paths { add(path, .file) }
      return
    }
    node(parent).groups.append(paths.compactMap { $0.split(separator: "/").last.map(String.init) })
  }

  private func node(_ path: String) -> PlanNode {
    path.split(separator: "/").reduce(self) { $0.child(String($1)) }
  }
}

extension PlanNode {
  /// The whole reading plan and further files.
  static func plan(extraFiles: [String] = []) -> PlanNode {
    let root = PlanNode()
    for path in ReadingPlan.files { root.add(path, .file) }
    for path in extraFiles where path.hasPrefix("/") { root.add(path, .file) }
    for group in ReadingPlan.firstOf { root.add(firstOf: group) }
    for path in ReadingPlan.directories { root.add(path, .directory) }
    for path in ReadingPlan.links { root.add(path, .link) }
    for path in ReadingPlan.tails { root.add(path, .tail) }
    for path in ReadingPlan.virtualFiles { root.add(path, .file) }
    return root
  }

  /// Some files, by patterns of the reading plan.
  static func files(_ paths: [String]) -> PlanNode {
    let root = PlanNode()
    for path in paths { root.add(path, .file) }
    return root
  }

  /// What placing one guest takes.
  static func placement() -> PlanNode {
    let root = PlanNode()
    for path in ReadingPlan.placementFiles { root.add(path, .file) }
    for group in ReadingPlan.firstOf { root.add(firstOf: group) }
    for path in ReadingPlan.placementDirectories { root.add(path, .directory) }
    return root
  }

  /// What is read of one process.
  static func process(
    _ pid: Int, files: [String] = ReadingPlan.processFiles
  ) -> PlanNode {
    let root = PlanNode()
    func place(_ path: String) -> String {
      path.split(separator: "/").map { $0 == "PID" ? "\(pid)" : String($0) }
        .joined(separator: "/")
    }
    for path in files { root.add(place(path), .file) }
    for path in ReadingPlan.processDirectories { root.add(place(path), .directory) }
    return root
  }
}
