// Believable hosts for examples and tests: complete kernel texts of a machine that is set right.
//
// A rule's example starts from such a host and changes the one thing it speaks of:
// `.exampleHost().with("/proc/sys/vm/swappiness", "60")`.

extension Snapshot {
  /// An x86 virtualization host, set right for the general profile: two packages with one node
  /// each, SMT siblings N and N + cores, an NVMe disk, an SSD, a hard disk, a 10 Gb/s card under a
  /// bridge, an IOMMU, KVM; no other tuner, no domains.
  ///
  /// - Parameters:
  ///   - nodes: NUMA nodes, one package each.
  ///   - coresPerNode: Cores of each node.
  ///   - threads: PUs of each core, 1 or 2.
  ///   - memoryMiBPerNode: Memory of each node.
  ///   - pages2M: Huge pages of 2 MiB on each node: how many and how many of them are free.
  ///   - pages1G: Huge pages of 1 GiB on each node.
  ///   - domains: The domains on it.
  public static func exampleHost(
    nodes: Int = 2, coresPerNode: Int = 4, threads: Int = 2, memoryMiBPerNode: Int = 65_536,
    pages2M: (total: Int, free: Int) = (0, 0), pages1G: (total: Int, free: Int) = (0, 0),
    domains: [DomainSource] = []
  ) -> Snapshot {
    let shape = ExampleShape(
      nodes: max(nodes, 1), coresPerNode: max(coresPerNode, 1), threads: threads > 1 ? 2 : 1,
      memoryMiBPerNode: memoryMiBPerNode, pages2M: pages2M, pages1G: pages1G)
    var host = Snapshot(origin: .tree, domains: domains)
    for (path, text) in shape.processorFiles() { host.set(path, text) }
    for (path, text) in shape.memoryFiles() { host.set(path, text) }
    for (path, text) in ExampleDevices.files(shape) { host.set(path, text) }
    for (path, text) in ExampleSettings.files { host.set(path, text) }
    for (directory, names) in ExampleSettings.directories { host.list(directory, names) }
    for (link, target) in ExampleDevices.links { host.link(link, target) }
    return host
  }

  /// A copy in which a file has this text; the file's name is added to its directory's list.
  public func with(_ path: String, _ text: String) -> Snapshot {
    var copy = self
    copy.set(path, text)
    return copy
  }

  /// A copy in which a file is there and can't be read.
  public func withUnreadable(_ path: String, _ reason: String = "permission denied") -> Snapshot {
    var copy = self
    copy.set(path, "")
    copy.files[path] = .missing(reason)
    return copy
  }

  /// The same host in another host's virtual machine.
  public var insideOfAGuest: Snapshot {
    with("/proc/cpuinfo", "processor\t: 0\nflags\t\t: vmx hypervisor\n")
  }

  /// A copy with a directory of exactly these names.
  public func withDirectory(_ path: String, _ names: [String] = []) -> Snapshot {
    var copy = self
    copy.directories[path] = names.sorted()
    copy.addName(path)
    return copy
  }

  /// A copy with a link.
  public func withLink(_ path: String, _ target: String) -> Snapshot {
    var copy = self
    copy.link(path, target)
    return copy
  }

  /// A copy without this file or directory and everything below it.
  public func without(_ path: String) -> Snapshot {
    var copy = self
    let below = path + "/"
    func isGone(_ other: String) -> Bool { other == path || other.hasPrefix(below) }
    copy.files = files.filter { !isGone($0.key) }
    copy.directories = directories.filter { !isGone($0.key) }
    copy.links = links.filter { !isGone($0.key) }
    let (parent, name) = Self.split(path)
    copy.directories[parent]?.removeAll { $0 == name }
    return copy
  }

  /// A copy with one more domain.
  public func with(domain: DomainSource) -> Snapshot {
    var copy = self
    copy.domains.append(domain)
    return copy
  }

  /// A copy with one more domain: its definition, and whether it runs (then with the process 4242
  /// and further on, and the same text as its live definition).
  public func withDomain(_ xml: String, running: Bool = false, autostart: Bool = false) -> Snapshot
  {
    let name = "/etc/libvirt/qemu/\(domains.count + 1).xml"
    return with(
      domain: DomainSource(
        origin: name, persistent: Known(xml, from: name),
        live: running ? Known(xml, from: "/run" + name.dropFirst(4)) : nil,
        state: running ? .running : .shutOff, pid: running ? 4242 + domains.count : nil,
        autostart: autostart))
  }

  /// A copy in whose definitions a text is exchanged.
  func exchanging(_ part: String, with other: String) -> Snapshot {
    var copy = self
    copy.domains = domains.map { domain in
      DomainSource(
        origin: domain.origin,
        persistent: domain.persistent?.map { $0.replacing(part, with: other) },
        live: domain.live?.map { $0.replacing(part, with: other) }, state: domain.state,
        pid: domain.pid, autostart: domain.autostart)
    }
    return copy
  }

  // MARK: - In place

  mutating func set(_ path: String, _ text: String) {
    files[path] = .text(text)
    addName(path)
  }

  mutating func list(_ path: String, _ names: [String]) {
    directories[path] = Set((directories[path] ?? []) + names).sorted()
    addName(path)
  }

  mutating func link(_ path: String, _ target: String) {
    links[path] = target
    addName(path)
  }

  /// Enters a path into the lists of all directories above it.
  private mutating func addName(_ path: String) {
    var (parent, name) = Self.split(path)
    while !parent.isEmpty, !name.isEmpty {
      var names = directories[parent] ?? []
      if names.contains(name) { return }
      names.append(name)
      names.sort()
      directories[parent] = names
      (parent, name) = Self.split(parent)
    }
  }

  private static func split(_ path: String) -> (String, String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    let parent = String(path[..<slash])
    return (parent.isEmpty ? "/" : parent, String(path[path.index(after: slash)...]))
  }
}
