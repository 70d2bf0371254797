// The reading plan as a tree of name patterns, so that each directory is opened and listed once.

import Glibc
import TuneKit

/// A name of one path component, with `*` for any run of characters and `#` for a run of digits.
struct NamePattern: Hashable {
  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  /// Whether the text has a wildcard at all.
  static func isPattern(_ text: String) -> Bool { text.utf8.contains { $0 == 42 || $0 == 35 } }

  /// Whether the pattern describes the name. `*` does not stand for a name's leading dot.
  func matches(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    if name.first == 46, bytes.first == 42 { return false }
    return bytes.withUnsafeBufferPointer { Self.match($0[...], name[...]) }
  }

  /// The same for a text.
  func matches(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { matches($0) }
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

  /// A plain name that something is wanted of.
  struct Name {
    let text: String
    /// What is wanted of it; nil where it only is one of a group.
    fileprivate(set) var node: PlanNode?
    /// Whether it is one of a group.
    fileprivate(set) var isGrouped = false
    /// The same name as a C string, and what quickly tells it from others.
    fileprivate let bytes: [CChar]
    fileprivate let mark: Int

    fileprivate init(_ text: String) {
      self.text = text
      bytes = Array(text.utf8CString)
      mark = bytes.withUnsafeBufferPointer { PlanNode.mark($0.baseAddress, $0.count - 1) }
    }
  }

  private(set) var wants: Wants
  /// Children with a plain name, and the names of groups.
  private(set) var names: [Name] = []
  /// Children with wildcards.
  private(set) var patterns: [(pattern: NamePattern, text: String, node: PlanNode)] = []
  /// Groups of files in this directory of which the first readable one is enough, as places in
  /// `names`.
  private(set) var groups: [[Int]] = []
  /// What several nodes want of one name, once it was asked for.
  private var merged: [[ObjectIdentifier]: PlanNode] = [:]

  init(_ wants: Wants = []) { self.wants = wants }

  /// Whether there is anything to look for below.
  var hasChildren: Bool { !names.isEmpty || !patterns.isEmpty }
  /// Whether the directory's names are needed.
  var needsNames: Bool { wants.contains(.directory) || !patterns.isEmpty }
  /// From so many plain names on it costs less to list a directory of sysfs than to ask for each.
  var isWorthListing: Bool { names.count >= 4 }

  /// The place of a name among `names`; nil where it isn't one of them.
  func place(of name: UnsafePointer<CChar>, length: Int) -> Int? {
    let mark = Self.mark(name, length)
    for index in names.indices where names[index].mark == mark {
      if strcmp(names[index].bytes, name) == 0 { return index }
    }
    return nil
  }

  /// What is wanted of a name that a list gave; nil where nothing is.
  func node(for name: UnsafePointer<CChar>, length: Int, at place: Int?) -> PlanNode? {
    let plain = place.flatMap { names[$0].node }
    guard !patterns.isEmpty else { return plain }
    let text = UnsafeBufferPointer(start: name, count: length)
    var found = plain.map { [$0] } ?? []
    text.withMemoryRebound(to: UInt8.self) { bytes in
      for item in patterns where item.pattern.matches(bytes) { found.append(item.node) }
    }
    return found.count < 2 ? found.first : all(of: found)
  }

  private func all(of nodes: [PlanNode]) -> PlanNode {
    let key = nodes.map { ObjectIdentifier($0) }
    if let known = merged[key] { return known }
    let node = PlanNode()
    for other in nodes { node.take(other) }
    merged[key] = node
    return node
  }

  /// Takes over what another node wants.
  private func take(_ other: PlanNode) {
    wants.formUnion(other.wants)
    for name in other.names { if let node = name.node { child(name.text).take(node) } }
    for item in other.patterns { child(item.text).take(item.node) }
    for group in other.groups { add(group: group.map { other.names[$0].text }) }
  }

  /// Length, first and last byte: few names of one directory share them.
  private static func mark(_ name: UnsafePointer<CChar>?, _ length: Int) -> Int {
    guard let name, length > 0 else { return 0 }
    return length << 16 | Int(UInt8(bitPattern: name[0])) << 8
      | Int(UInt8(bitPattern: name[length - 1]))
  }

  private func child(_ component: String) -> PlanNode {
    if NamePattern.isPattern(component) {
      if let known = patterns.first(where: { $0.text == component }) { return known.node }
      let node = PlanNode()
      patterns.append((NamePattern(component), component, node))
      return node
    }
    let place = self.place(ofNew: component)
    if let known = names[place].node { return known }
    let node = PlanNode()
    names[place].node = node
    return node
  }

  private func place(ofNew name: String) -> Int {
    if let known = names.firstIndex(where: { $0.text == name }) { return known }
    names.append(Name(name))
    return names.count - 1
  }

  /// Adds a path pattern.
  func add(_ path: String, _ wants: Wants) {
    node(path).wants.formUnion(wants)
  }

  /// Adds a group of files of which one is enough. They share a directory; else all are read.
  func add(firstOf paths: [String]) {
    let parents = Set(paths.map { $0.split(separator: "/").dropLast().joined(separator: "/") })
    guard parents.count == 1, let parent = parents.first else {
      for path in paths { add(path, .file) }
      return
    }
    node(parent).add(
      group: paths.compactMap { $0.split(separator: "/").last.map(String.init) })
  }

  private func add(group: [String]) {
    let places = group.map { place(ofNew: $0) }
    for place in places { names[place].isGrouped = true }
    if !groups.contains(places) { groups.append(places) }
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
