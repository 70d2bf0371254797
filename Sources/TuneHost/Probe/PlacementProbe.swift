// Reads what placing one guest takes, and nothing slow: libvirt waits for the answer.

import TuneKit

extension HostProbe {
  /// This machine, or a captured tree, as far as placement needs it. Domains come from libvirt's
  /// files alone; libvirt is never asked, for it may be what waits for the answer.
  ///
  /// - Throws: `ProbeError.input` where the root can't be opened.
  public static func placement(root path: String) throws(ProbeError) -> Snapshot {
    let root = try Root(path)
    var snapshot = Snapshot(origin: .tree)
    snapshot.domains = DomainFiles.below(root)
    var probe = SnapshotProbe(root)
    probe.read(.placement())
    for domain in snapshot.domains {
      guard let pid = domain.pid else { continue }
      probe.read(.process(pid, files: ReadingPlan.placementProcessFiles))
    }
    snapshot.files = probe.files
    snapshot.directories = probe.directories
    snapshot.links = probe.links
    snapshot.hwloc = Known(missing: "was not asked", from: "hwloc")
    snapshot.libnuma = Known(missing: "was not asked", from: "libnuma")
    return snapshot
  }
}
