// One step of a transaction: what is written, with what was there before, complete enough to be
// taken back by a later run that knows nothing else.

import TuneKit

/// A step, as the journal keeps it.
enum Step: Equatable {
  /// A kernel file of the live host. `pages` marks a huge-page pool, which may grant less.
  case value(HostPath, before: String, after: String, pages: Bool)
  /// A file that is replaced as a whole; `before` nil where it is new.
  case file(HostPath, temporary: String, before: [UInt8]?, after: [UInt8])
  /// A directory that is made.
  case directory(HostPath)
  /// A definition that libvirt stores.
  case definition(DomainAddress, before: String, after: String)
  /// A call on a running guest.
  case live(DomainAddress, LiveCall, before: LiveCall)

  /// Whether libvirt must answer for it.
  var needsLibvirt: Bool {
    switch self {
    case .definition, .live: true
    default: false
    }
  }

  /// What it is about, for messages.
  var target: String {
    switch self {
    case .value(let path, _, _, _), .file(let path, _, _, _), .directory(let path): path.shown
    case .definition(let domain, _, _), .live(let domain, _, _): domain.name
    }
  }
}

/// A path of a host, below the root it belongs to.
struct HostPath: Equatable, Hashable {
  /// `/` for the live host and for files a user named, else the tree's own absolute path.
  let root: String
  /// The path below it.
  let path: String

  /// For messages: where it really lies.
  var shown: String { root == "/" ? path : root + path }

  var parent: HostPath {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      return HostPath(root: root, path: "/")
    }
    return HostPath(root: root, path: String(path[..<slash]))
  }

  var name: String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }
}

/// A domain of libvirt.
struct DomainAddress: Equatable, Hashable {
  let uri: String
  let uuid: String
  let name: String
}

// MARK: - In the journal

extension Step {
  /// The record that is on the disk before the step is done.
  func record(_ number: Int, changes: [String]) -> JournalRecord {
    let head: [(String, String?)] = [
      ("n", "\(number)"), ("changes", changes.joined(separator: ",")),
    ]
    switch self {
    case .value(let path, let before, let after, let pages):
      return JournalRecord(
        "step",
        head + [
          ("what", pages ? "pages" : "value"), ("root", path.root), ("path", path.path),
          ("before", before), ("after", after),
        ])
    case .file(let path, let temporary, let before, let after):
      return JournalRecord(
        "step",
        head + [
          ("what", "file"), ("root", path.root), ("path", path.path), ("temporary", temporary),
        ]
      ).adding("before", before).adding("after", after)
    case .directory(let path):
      return JournalRecord(
        "step", head + [("what", "directory"), ("root", path.root), ("path", path.path)])
    case .definition(let domain, let before, let after):
      return JournalRecord(
        "step",
        head + [("what", "definition")] + domain.fields + [("before", before), ("after", after)])
    case .live(let domain, let call, let before):
      return JournalRecord(
        "step",
        head + [("what", "live")] + domain.fields + [
          ("before", before.words), ("after", call.words),
        ])
    }
  }

  /// The step of a record; nil where it is none that this version knows.
  init?(_ record: JournalRecord) {
    let place = record["path"].map { HostPath(root: record["root"] ?? "/", path: $0) }
    let domain = DomainAddress(record)
    switch (record["what"], place, domain) {
    case ("value", let path?, _), ("pages", let path?, _):
      guard let before = record["before"], let after = record["after"] else { return nil }
      self = .value(path, before: before, after: after, pages: record["what"] == "pages")
    case ("file", let path?, _):
      guard let temporary = record["temporary"], let after = record.bytes("after") else {
        return nil
      }
      self = .file(path, temporary: temporary, before: record.bytes("before"), after: after)
    case ("directory", let path?, _): self = .directory(path)
    case ("definition", _, let domain?):
      guard let before = record["before"], let after = record["after"] else { return nil }
      self = .definition(domain, before: before, after: after)
    case ("live", _, let domain?):
      guard let before = record["before"].flatMap(LiveCall.init(words:)),
        let after = record["after"].flatMap(LiveCall.init(words:))
      else { return nil }
      self = .live(domain, after, before: before)
    default: return nil
    }
  }
}

extension DomainAddress {
  var fields: [(String, String?)] { [("uri", uri), ("uuid", uuid), ("name", name)] }

  init?(_ record: JournalRecord) {
    guard let uri = record["uri"], let uuid = record["uuid"], let name = record["name"] else {
      return nil
    }
    self.init(uri: uri, uuid: uuid, name: name)
  }
}

extension LiveCall {
  /// The call as words: `vcpu 3 0-7`.
  var words: String {
    switch self {
    case .pinVCPU(let number, let cpus): "vcpu \(number) \(cpus)"
    case .pinEmulator(let cpus): "emulator \(cpus)"
    case .pinIOThread(let number, let cpus): "iothread \(number) \(cpus)"
    case .memoryNodes(let nodes): "memory \(nodes)"
    case .moveMemory(let nodes): "move-memory \(nodes)"
    }
  }

  init?(words: String) {
    let parts = words.split(separator: " ", omittingEmptySubsequences: false)
    guard let list = parts.last.flatMap({ CPUSet(list: $0) }) else { return nil }
    switch (parts.first, parts.count) {
    case ("vcpu", 3):
      guard let number = Int(parts[1]) else { return nil }
      self = .pinVCPU(number, list)
    case ("iothread", 3):
      guard let number = Int(parts[1]) else { return nil }
      self = .pinIOThread(number, list)
    case ("emulator", 2): self = .pinEmulator(list)
    case ("memory", 2): self = .memoryNodes(list)
    case ("move-memory", 2): self = .moveMemory(list)
    default: return nil
    }
  }
}
