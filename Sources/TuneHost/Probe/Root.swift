// File access below one directory: "/" for the live host, a captured tree for `--root`.
//
// Links are resolved here, component by component, as a process that had changed its root there
// would see them: an absolute one starts again at the root, ".." stops at it. So nothing outside
// is ever opened, on any kernel, and a hostile tree can't lead elsewhere even while it changes.

import Glibc
import TuneKit

/// A directory that is taken for the root of a host.
public final class Root {
  /// Links on the way to one file; the kernel's own limit.
  static let linkLimit = 40
  /// Files are read up to this size in bytes.
  public static let fileLimit = 4 << 20
  /// Domain definitions are read up to this size in bytes.
  public static let domainLimit = 16 << 20

  let top: Directory
  let reader = FileReader()

  /// Opens a root.
  ///
  /// - Throws: `ProbeError.input` where it is no directory that can be opened.
  public init(_ path: String) throws(ProbeError) {
    // The directory that the user names may be reached through links; only what is below is
    // confined.
    let opened = retrying { open(path, openPathOnly | O_DIRECTORY | O_CLOEXEC) }
    guard opened >= 0 else {
      throw .input(path: path, reason: reason(errno), denied: errno == EACCES)
    }
    top = Directory(owning: opened)
  }

  /// Where a path leads.
  struct Place {
    /// The directory that holds it, or the directory itself.
    let directory: Directory
    /// Its name there; nil where the path leads to `directory` itself.
    let name: String?

    /// The path without links, below the root.
    var path: String {
      guard let name else { return directory.path.isEmpty ? "/" : directory.path }
      return directory.path + "/" + name
    }
  }

  /// Resolves a path of the host.
  func locate(_ path: String) throws(Refusal) -> Place { try resolve(path, from: top) }

  /// Resolves a path, or the text of a link, that counts from a directory.
  ///
  /// - Parameter known: a directory that was reached before: those on the way to it are not opened
  ///   again. Only for who reads everything at once.
  func resolve(
    _ path: String, from directory: Directory, known: Directory? = nil
  ) throws(Refusal) -> Place {
    var here = path.hasPrefix("/") ? top : directory
    var pending = Self.components(path)
    var links = 0
    while let component = pending.popLast() {
      if component == ".." {
        here = here.parent ?? here
      } else if let step = known?.step(from: here, to: component) {
        here = step
      } else if let step = try here.enter(component) {
        here = step
      } else if FileKind(mode: try here.status(of: component).st_mode) == .link {
        links += 1
        guard links <= Self.linkLimit else { throw .refused("a circle of links") }
        let target = try here.readLink(component)
        if target.hasPrefix("/") { here = top }
        pending += Self.components(target)
      } else {
        guard pending.isEmpty else { throw .absent }
        return Place(directory: here, name: component)
      }
    }
    return Place(directory: here, name: nil)
  }

  /// The components of a path, last one first.
  private static func components(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
  }

  /// The text of a file of the host; nil where there is none.
  public func read(_ path: String, limit: Int = Root.fileLimit) -> Snapshot.Reading? {
    do {
      let place = try locate(path)
      guard let name = place.name else { return .missing(FileKind.directory.refusal) }
      return try reader.read(name, in: place.directory, limit: limit)
    } catch {
      return error == .absent ? nil : .missing(error.reason)
    }
  }

  /// The sorted names in a directory of the host; nil where there is none or it can't be listed.
  public func list(_ path: String) -> [String]? {
    guard let place = try? locate(path), place.name == nil else { return nil }
    return try? place.directory.list().map(\.name)
  }

  /// Whether something of this path is there, links followed.
  public func exists(_ path: String) -> Bool { (try? locate(path)) != nil }

  /// The canonical path of what a link of the host leads to; nil where it is no link or leads
  /// nowhere.
  public func target(ofLink path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    let name = String(path[path.index(after: slash)...])
    guard let place = try? locate(String(path[..<slash])), place.name == nil else { return nil }
    return target(ofLink: name, in: place.directory)
  }

  private func target(ofLink name: String, in directory: Directory) -> String? {
    guard let text = try? directory.readLink(name) else { return nil }
    return try? resolve(text, from: directory).path
  }
}
