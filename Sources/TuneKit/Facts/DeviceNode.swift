// Device nodes: which of the kernel's character devices a host has.

extension Snapshot {
  /// The names in /dev; nil where they were not read. Some captures hold nothing of it, or only what
  /// hwloc looks for, which is no list of devices.
  var deviceNames: [String]? {
    guard let names = names("/dev") else { return nil }
    let isPiece = names.allSatisfy { $0 == "cgroup" || $0 == "cpuset" }
    return isPiece ? nil : names
  }

  /// Whether a device node is there; nil where nobody can tell.
  ///
  /// A tree without `/dev` may still hold `/proc/misc`, whose names count as present. A name that is
  /// missing there proves nothing: some nodes load their module only when they are opened.
  public func hasDevice(_ name: String) -> Bool? {
    if let names = deviceNames { return names.contains(name) }
    let misc = raw("/proc/misc").value ?? ""
    let isListed = misc.split(separator: "\n").contains { line in
      line.split(separator: " ").last.map { $0 == name } ?? false
    }
    return isListed ? true : nil
  }
}
