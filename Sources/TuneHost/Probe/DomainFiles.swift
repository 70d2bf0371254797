// Domains from files: those named by `--domain-xml`, and those below a root.

import Glibc
import TuneKit

/// Reads domain definitions that lie in files.
enum DomainFiles {
  /// The domains of the files and directories a user named. Of a directory its `*.xml` count, not
  /// what is below it.
  ///
  /// - Throws: `ProbeError.input` for a path that isn't there or can't be opened.
  static func named(_ paths: [String]) throws(ProbeError) -> [DomainSource] {
    var sources: [DomainSource] = []
    for path in paths { sources += try named(path) }
    return sources
  }

  private static func named(_ path: String) throws(ProbeError) -> [DomainSource] {
    var status = stat()
    guard retrying({ stat(path, &status) }) == 0 else {
      throw .input(path: path, reason: reason(errno), denied: errno == EACCES)
    }
    guard FileKind(mode: status.st_mode) == .directory else {
      return [try file(path)]
    }
    let opened = retrying { open(path, openPathOnly | O_DIRECTORY | O_CLOEXEC) }
    guard opened >= 0 else {
      throw .input(path: path, reason: reason(errno), denied: errno == EACCES)
    }
    let directory = Directory(owning: opened)
    let entries: [Directory.Entry]
    do {
      entries = try directory.list()
    } catch {
      throw .input(path: path, reason: error.reason, denied: error == .failed(EACCES))
    }
    let prefix = path.hasSuffix("/") ? path : path + "/"
    var sources: [DomainSource] = []
    for entry in entries where isDefinition(entry.name) && entry.kind != .directory {
      let origin = prefix + entry.name
      do {
        sources.append(try file(origin))
      } catch .input(_, let reason, _) {
        sources.append(
          DomainSource(origin: origin, persistent: Known(missing: reason, from: origin)))
      } catch {
        throw error
      }
    }
    return sources
  }

  /// A file the user named; links are the user's own and followed.
  private static func file(_ path: String) throws(ProbeError) -> DomainSource {
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    let opened = retrying { open(parent, openPathOnly | O_DIRECTORY | O_CLOEXEC) }
    guard opened >= 0 else {
      throw .input(path: path, reason: reason(errno), denied: errno == EACCES)
    }
    let directory = Directory(owning: opened)
    do throws(Refusal) {
      let reading = try FileReader().read(
        name, in: directory, limit: Root.domainLimit, followingLink: true)
      guard case .text(let text) = reading else { throw Refusal.absent }
      return DomainSource(origin: path, persistent: Known(text, from: path))
    } catch {
      throw .input(path: path, reason: error.reason, denied: error == .failed(EACCES))
    }
  }

  private static func isDefinition(_ name: String) -> Bool {
    name.hasSuffix(".xml") && !name.hasPrefix(".")
  }

  /// The domains that libvirt's QEMU driver keeps below a root: definitions in
  /// `/etc/libvirt/qemu`, running ones in `/run/libvirt/qemu`.
  static func below(_ root: Root) -> [DomainSource] {
    let persistent = definitions("/etc/libvirt/qemu", root)
    let live = definitions("/run/libvirt/qemu", root)
    let extras = Extras(root)
    // By name, as libvirt lists them: "web" comes before "web-2", with ".xml" behind it would not.
    let names = Set(persistent.keys).union(live.keys).sorted { $0.dropLast(4) < $1.dropLast(4) }
    return names.map { name in
      var source = DomainSource(
        origin: persistent[name]?.source ?? live[name]?.source ?? name,
        persistent: persistent[name])
      source.state = persistent[name] == nil ? .unknown : extras.stateOfUnlisted
      if let text = live[name] {
        let status = text.value.flatMap { DomainStatus($0) }
        source.live = text.parsed(as: "a <domstatus> with a <domain>") { _ in status?.domain }
        source.state = status?.state ?? .unknown
        source.pid = status?.pid
      }
      let base = String(name.dropLast(4))
      source.autostart = extras.autostart.map { $0.contains(name) }
      source.hasManagedSave = extras.saved.map { $0.contains(base + ".save") }
      source.hasSnapshots = extras.snapshots.map { $0.contains(base) }
      return source
    }
  }

  private static func definitions(_ path: String, _ root: Root) -> [String: Known<String>] {
    var result: [String: Known<String>] = [:]
    guard let place = try? root.locate(path), place.name == nil,
      let entries = try? place.directory.list()
    else { return result }
    for entry in entries where isDefinition(entry.name) {
      let (name, file) = (entry.name, path + "/" + entry.name)
      // Most are plain files; of all others the way is looked at again.
      let plain =
        entry.kind == .regular
        ? try? root.reader.readKnown(name, in: place.directory, limit: Root.domainLimit) : nil
      switch plain ?? root.read(file, limit: Root.domainLimit) {
      case .text(let text): result[name] = Known(text, from: file)
      case .missing(FileKind.directory.refusal), nil: continue
      case .missing(let reason): result[name] = Known(missing: reason, from: file)
      }
    }
    return result
  }

  /// Directories whose names tell more about domains.
  private struct Extras {
    let autostart: Set<String>?
    let saved: Set<String>?
    let snapshots: Set<String>?
    /// Without a list of running domains nobody can say that a domain is off.
    let stateOfUnlisted: DomainSource.State

    init(_ root: Root) {
      // libvirt makes it with the first domain that starts by itself.
      let place = "/etc/libvirt/qemu/autostart"
      autostart =
        root.exists(place) || root.list("/etc/libvirt/qemu") == nil
        ? root.list(place).map { Set($0) } : []
      saved = root.list("/var/lib/libvirt/qemu/save").map { Set($0) }
      snapshots = root.list("/var/lib/libvirt/qemu/snapshot").map { Set($0) }
      stateOfUnlisted = root.list("/run/libvirt/qemu") == nil ? .unknown : .shutOff
    }
  }
}

/// What stands in a file of `/run/libvirt/qemu`: `<domstatus state='running' pid='7'> … <domain>`.
struct DomainStatus {
  /// The state libvirt last wrote down.
  let state: DomainSource.State
  /// The emulator's process.
  let pid: Int?
  /// The text of the `<domain>` element.
  let domain: String

  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let open = Self.find(Array("<domstatus".utf8), in: bytes[...]),
      let close = bytes[open...].firstIndex(of: 62),
      let start = Self.element(in: bytes[close...]),
      let end = Self.findLast(Array("</domain>".utf8), in: bytes[start...])
    else { return nil }
    let tag = bytes[open..<close]
    switch Self.attribute("state", in: tag) {
    case "running", "idle": state = .running
    case "paused", "pmsuspended": state = .paused
    case "shutoff", "crashed", "shutdown": state = .shutOff
    default: state = .unknown
    }
    pid = Self.attribute("pid", in: tag).flatMap { Int($0) }.flatMap {
      $0 > 0 && $0 <= 4_194_304 ? $0 : nil
    }
    domain = String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private static func element(in bytes: ArraySlice<UInt8>) -> Int? {
    let name = Array("<domain".utf8)
    var rest = bytes
    while let start = find(name, in: rest) {
      let after = start + name.count
      guard after < bytes.endIndex else { return nil }
      if bytes[after] == 32 || bytes[after] == 62 || bytes[after] == 10 || bytes[after] == 9 {
        return start
      }
      rest = bytes[after...]
    }
    return nil
  }

  private static func find(_ needle: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    var start = bytes.startIndex
    while start + needle.count <= bytes.endIndex {
      guard let hit = bytes[start...].firstIndex(of: needle[0]),
        hit + needle.count <= bytes.endIndex
      else { return nil }
      if bytes[hit..<(hit + needle.count)].elementsEqual(needle) { return hit }
      start = hit + 1
    }
    return nil
  }

  /// The place behind the last occurrence.
  private static func findLast(_ needle: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    var end = bytes.endIndex
    while end - needle.count >= bytes.startIndex {
      if bytes[(end - needle.count)..<end].elementsEqual(needle) { return end }
      end -= 1
    }
    return nil
  }

  private static func attribute(_ name: String, in tag: ArraySlice<UInt8>) -> String? {
    guard let start = find(Array(" \(name)=".utf8), in: tag) else { return nil }
    let quote = start + name.utf8.count + 2
    guard quote < tag.endIndex, tag[quote] == 39 || tag[quote] == 34,
      let end = tag[(quote + 1)...].firstIndex(of: tag[quote])
    else { return nil }
    return String(decoding: tag[(quote + 1)..<end], as: UTF8.self)
  }
}
