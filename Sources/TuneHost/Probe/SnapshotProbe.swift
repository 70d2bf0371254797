// Walks a root along the plan and stores what it finds. The live host and a tree take this one way.

import Glibc
import TuneKit

/// Fills a snapshot's files, directories and links.
struct SnapshotProbe {
  /// The last part of a log that is kept, in bytes.
  static let tailBytes = 64 << 10
  /// Files of one probe: more is no host.
  static let fileLimit = 1 << 20

  let root: Root
  private(set) var files: [String: Snapshot.Reading] = [:]
  private(set) var directories: [String: [String]] = [:]
  private(set) var links: [String: String] = [:]

  /// What the listed names are, where that was asked for and the file system tells.
  private(set) var kinds: [String: FileKind] = [:]
  private let keepsKinds: Bool

  init(_ root: Root, keepingKinds: Bool = false) {
    self.root = root
    keepsKinds = keepingKinds
  }

  /// Reads everything that a plan asks for.
  mutating func read(_ plan: PlanNode) {
    visit(root.top, at: "", [plan])
  }

  private mutating func visit(_ directory: Directory, at path: String, _ nodes: [PlanNode]) {
    for node in nodes {
      for group in node.groups { readFirst(of: group, in: directory, at: path) }
    }
    guard nodes.contains(where: \.needsNames) else {
      // The common case, without a dictionary: one node, plain names.
      if nodes.count == 1, nodes[0].isWorthListing, path.hasPrefix("/sys/"),
        visitListed(nodes[0], in: directory, at: path)
      {
        return
      }
      if nodes.count == 1 {
        for child in nodes[0].literals {
          visit(child.name, nil, in: directory, at: path, [child.node])
        }
      } else {
        visitMerged(literals(nodes), in: directory, at: path)
      }
      return
    }
    guard let entries = list(directory, at: path) else {
      visitMerged(literals(nodes), in: directory, at: path)
      return
    }
    let wanted = literals(nodes)
    let patterns = nodes.flatMap(\.patterns)
    for entry in entries {
      var found = wanted[entry.name] ?? []
      for item in patterns where item.pattern.matches(entry.name) { found.append(item.node) }
      if !found.isEmpty { visit(entry.name, entry.kind, in: directory, at: path, found) }
    }
  }

  /// Lists a directory for its own names alone, so that none is asked for in vain; false where it
  /// can't be listed.
  private mutating func visitListed(
    _ node: PlanNode, in directory: Directory, at path: String
  ) -> Bool {
    var found: [(index: Int, kind: FileKind?)] = []
    do {
      var count = 0
      try directory.forEach { (name, kind) throws(Refusal) in
        count += 1
        guard count <= Directory.nameLimit else { throw .refused("") }
        for (index, wanted) in node.literalBytes.enumerated() where strcmp(name, wanted) == 0 {
          found.append((index, kind))
        }
      }
    } catch {
      return false
    }
    for item in found {
      let child = node.literals[item.index]
      visit(child.name, item.kind, in: directory, at: path, [child.node])
    }
    return true
  }

  private func literals(_ nodes: [PlanNode]) -> [String: [PlanNode]] {
    var result: [String: [PlanNode]] = [:]
    for node in nodes {
      for child in node.literals { result[child.name, default: []].append(child.node) }
    }
    return result
  }

  private mutating func visitMerged(
    _ children: [String: [PlanNode]], in directory: Directory, at path: String
  ) {
    for (name, nodes) in children { visit(name, nil, in: directory, at: path, nodes) }
  }

  private mutating func list(_ directory: Directory, at path: String) -> [Directory.Entry]? {
    do {
      let entries = try directory.list()
      directories[path.isEmpty ? "/" : path] = entries.map(\.name)
      // A processor has some forty files in the plan.
      if path == "/sys/devices/system/cpu" { files.reserveCapacity(2048 + 40 * entries.count) }
      if keepsKinds {
        for entry in entries { kinds[path + "/" + entry.name] = entry.kind }
      }
      return entries
    } catch {
      if error != .absent { files[path] = .missing(error.reason) }
      return nil
    }
  }

  /// One name: reads, lists and follows it as its nodes ask. `kind` is nil where it isn't known.
  private mutating func visit(
    _ name: String, _ kind: FileKind?, in directory: Directory, at parent: String,
    _ nodes: [PlanNode]
  ) {
    let path = parent + "/" + name
    let wants = nodes.reduce(into: PlanNode.Wants()) { $0.formUnion($1.wants) }
    if wants.contains(.link), kind == nil || kind == .link,
      let target = root.target(ofLink: name, in: directory)
    {
      links[path] = target
    }
    if wants.contains(.file) || wants.contains(.tail), kind != .directory {
      read(name, kind, in: directory, at: path, tail: wants.contains(.tail))
    }
    guard wants.contains(.directory) || nodes.contains(where: \.hasChildren),
      kind == nil || kind == .directory || kind == .link
    else { return }
    do {
      let listing = nodes.contains { $0.needsNames || $0.isWorthListing }
      let below = try open(name, kind, in: directory, listing: listing)
      visit(below, at: path, nodes)
    } catch {
      if error != .absent { files[path] = .missing(error.reason) }
    }
  }

  /// Opens a directory, through a link where it is one.
  private func open(
    _ name: String, _ kind: FileKind?, in directory: Directory, listing: Bool
  ) throws(Refusal) -> Directory {
    if kind != .link {
      do {
        // Where it may be passed through but not listed, the list fails later, and alone.
        if listing, let opened = try? directory.open(name, listing: true) { return opened }
        return try directory.open(name)
      } catch {
        guard kind == nil, error == .absent,
          let status = try? directory.status(of: name), FileKind(mode: status.st_mode) == .link
        else { throw error }
      }
    }
    let place = try root.locate(directory.path + "/" + name)
    guard place.name == nil else { throw .absent }
    return place.directory
  }

  private mutating func readFirst(of names: [String], in directory: Directory, at path: String) {
    for name in names where read(name, nil, in: directory, at: path + "/" + name, tail: false) {
      return
    }
  }

  /// Reads a file, through a link where it is one; whether there is a text now.
  @discardableResult
  private mutating func read(
    _ name: String, _ kind: FileKind?, in directory: Directory, at path: String, tail: Bool
  ) -> Bool {
    guard files.count < Self.fileLimit else { return false }
    do {
      files[path] = try reading(name, kind, in: directory, at: path, tail: tail)
      return true
    } catch {
      if error != .absent { files[path] = .missing(error.reason) }
      return false
    }
  }

  private func reading(
    _ name: String, _ kind: FileKind?, in directory: Directory, at path: String, tail: Bool
  ) throws(Refusal) -> Snapshot.Reading {
    if kind == .regular, !tail {
      return try root.reader.readKnown(
        name, in: directory, limit: Root.fileLimit, inOneRead: path.hasPrefix("/sys/"))
    }
    do {
      return tail
        ? try root.reader.readEnd(name, in: directory, bytes: Self.tailBytes)
        : try root.reader.read(name, in: directory, limit: Root.fileLimit)
    } catch {
      guard error == .refused(FileKind.link.refusal) else { throw error }
    }
    let place = try root.locate(directory.path + "/" + name)
    guard let target = place.name else { throw .refused(FileKind.directory.refusal) }
    return tail
      ? try root.reader.readEnd(target, in: place.directory, bytes: Self.tailBytes)
      : try root.reader.read(target, in: place.directory, limit: Root.fileLimit)
  }
}
