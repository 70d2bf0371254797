// Device nodes: which of the kernel's character devices a host has.

extension Snapshot {
  /// Whether a device node is there; nil where nobody can tell.
  ///
  /// A tree without `/dev` may still hold `/proc/misc`, whose names count as present. A name that is
  /// missing there proves nothing: some nodes load their module only when they are opened.
  public func hasDevice(_ name: String) -> Bool? {
    if let names = names("/dev") { return names.contains(name) }
    let misc = raw("/proc/misc").value ?? ""
    let isListed = misc.split(separator: "\n").contains { line in
      line.split(separator: " ").last.map { $0 == name } ?? false
    }
    return isListed ? true : nil
  }
}
