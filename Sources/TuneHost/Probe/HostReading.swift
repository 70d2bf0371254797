// A snapshot in the making, with what only a capture needs beside it.

import TuneKit

/// What one probe read.
struct HostReading {
  var snapshot: Snapshot
  /// What listed names are, by path; empty unless asked for.
  private(set) var kinds: [String: FileKind] = [:]
  private let keepsKinds: Bool

  init(_ snapshot: Snapshot, _ keepsKinds: Bool) {
    self.snapshot = snapshot
    self.keepsKinds = keepsKinds
  }

  /// Reads the plan, and what belongs to the processes of the domains.
  mutating func read(_ root: Root, _ extraFiles: [String]) {
    var probe = SnapshotProbe(root, keepingKinds: keepsKinds)
    probe.read(.plan(extraFiles: extraFiles))
    take(&probe)
  }

  /// The same of a tree that hwloc shall read, too.
  ///
  /// - Returns: why hwloc must not; nil where it may.
  mutating func readForHwloc(_ root: Root, _ extraFiles: [String]) -> String? {
    var probe = SnapshotProbe(root, keepingKinds: keepsKinds)
    let objection = probe.readForHwloc(.plan(extraFiles: extraFiles))
    take(&probe)
    return objection
  }

  private mutating func take(_ probe: inout SnapshotProbe) {
    for domain in snapshot.domains {
      guard let pid = domain.pid else { continue }
      probe.read(.process(pid))
      guard case .text(let groups) = probe.files["/proc/\(pid)/cgroup"] else { continue }
      probe.read(.files(GuestCgroup.files(groups)))
    }
    snapshot.files = probe.files
    snapshot.directories = probe.directories
    snapshot.links = probe.links
    kinds = probe.kinds
  }

  /// Takes over that the maker of a capture could not ask for domains.
  mutating func markMissingDomains(_ root: Root) {
    guard snapshot.domains.isEmpty else { return }
    if case .text(let text) = root.read(CaptureTree.aboutPath),
      let reason = (try? JSONValue(parsing: text))?["domainsMissing"]?.stringValue
    {
      snapshot.domainsMissing = reason
      snapshot.notices.append("no domains are looked at: \(reason)")
      return
    }
    let places = ["/etc/libvirt", "/etc/libvirt/qemu", "/run/libvirt/qemu"]
    guard places.allSatisfy({ snapshot.names($0) == nil }) else { return }
    snapshot.domainsMissing = "/etc/libvirt: is not in this tree"
  }

  /// Takes over what the maker of a capture could not read: those files are empty there, and an
  /// empty file would be a fact.
  mutating func markUnread(_ root: Root) {
    guard case .text(let text) = root.read(CaptureTree.unreadPath),
      let members = (try? JSONValue(parsing: text))?.objectValue
    else { return }
    for member in members {
      guard let reason = member.value.stringValue else { continue }
      switch snapshot.files[member.key] {
      case .text(""), nil: snapshot.files[member.key] = .missing(reason)
      default: continue
      }
    }
  }
}
