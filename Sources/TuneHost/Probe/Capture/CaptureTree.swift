// The files, directories and links of a capture, before they are written anywhere.

import TuneKit

/// A captured tree in memory.
struct CaptureTree: Equatable {
  /// What stands at a path.
  enum Node: Equatable {
    case directory
    case file([UInt8])
    /// With the text of the link, relative.
    case link(String)
  }

  /// Where a capture says which of its empty files could not be read.
  static let unreadPath = "/tuned-vm/unread.json"
  /// Where a capture tells about itself.
  static let aboutPath = "/tuned-vm/about.json"

  /// By absolute path in the tree; every parent is there.
  private(set) var nodes: [String: Node] = [:]

  /// Adds a directory and those above it. What is there already stays.
  mutating func addDirectory(_ path: String) {
    guard path != "/", !path.isEmpty, nodes[path] == nil else { return }
    addDirectory(Self.parent(path))
    nodes[path] = .directory
  }

  /// Adds a file.
  mutating func addFile(_ path: String, _ bytes: [UInt8]) {
    // A directory in place of the file has files of its own; they count.
    guard nodes[path] != .directory, hasDirectories(above: path) else { return }
    addDirectory(Self.parent(path))
    nodes[path] = .file(bytes)
  }

  /// Adds a file with a text.
  mutating func addFile(_ path: String, _ text: String) { addFile(path, Array(text.utf8)) }

  /// Adds a link to another absolute path of the tree.
  mutating func addLink(_ path: String, to target: String) {
    guard nodes[path] == nil, path != target, hasDirectories(above: path) else { return }
    addDirectory(Self.parent(path))
    nodes[path] = .link(Self.relative(target, from: Self.parent(path)))
  }

  /// Whether everything above a path is or can become a directory.
  private func hasDirectories(above path: String) -> Bool {
    var at = Self.parent(path)
    while at != "/" {
      switch nodes[at] {
      case .directory: return true
      case nil: at = Self.parent(at)
      default: return false
      }
    }
    return true
  }

  /// A file's bytes, changed.
  mutating func mapFiles(_ change: (_ path: String, _ bytes: [UInt8]) -> [UInt8]) {
    for (path, node) in nodes {
      if case .file(let bytes) = node { nodes[path] = .file(change(path, bytes)) }
    }
  }

  /// All paths renamed; the links' texts too.
  func renamed(_ change: (String) -> String) -> CaptureTree {
    var result = CaptureTree()
    for (path, node) in nodes {
      if case .link(let target) = node {
        result.nodes[change(path)] = .link(change(target))
      } else {
        result.nodes[change(path)] = node
      }
    }
    return result
  }

  /// Leaves a path out.
  mutating func remove(_ path: String) { nodes[path] = nil }

  /// The directory above a path.
  static func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// The way from a directory to a path, both absolute.
  static func relative(_ target: String, from directory: String) -> String {
    var from = directory.split(separator: "/")[...]
    var to = target.split(separator: "/")[...]
    while let first = from.first, first == to.first {
      from = from.dropFirst()
      to = to.dropFirst()
    }
    let parts = from.map { _ in ".." } + to.map(String.init)
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }
}
