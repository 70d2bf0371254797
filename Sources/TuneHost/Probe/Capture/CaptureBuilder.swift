// Turns a reading into a tree that reads the same.
//
// A snapshot names files by the way the plan leads to them (`/sys/block/sda/size`); in the tree
// they stand where the links on that way lead, and the links stand beside them. A name that was
// listed and not read gets an empty file or directory, for rules look at names too; what could
// not be read is listed in unread.json.

import TuneKit

/// Builds a tree from a reading.
struct CaptureBuilder {
  private let snapshot: Snapshot
  private let kinds: [String: FileKind]
  private let root: Root
  private var links: [String: String]
  private(set) var tree = CaptureTree()

  init(_ reading: HostReading, _ root: Root) {
    snapshot = reading.snapshot
    kinds = reading.kinds
    links = reading.snapshot.links
    self.root = root
  }

  /// Builds the whole tree.
  mutating func build(about: JSONValue) {
    var hwloc = SnapshotProbe(root)
    hwloc.read(HwlocPlan.plan)
    links.merge(hwloc.links) { known, _ in known }
    addFiles(snapshot.files)
    addFiles(hwloc.files.filter { snapshot.files[$0.key] == nil })
    addConfigurations()
    addDomains()
    for path in snapshot.directories.keys { tree.addDirectory(place(path)) }
    for (path, target) in links.sorted(by: { $0.key < $1.key }) { addLink(path, target) }
    for (path, names) in snapshot.directories { addNames(names, in: path) }
    addUnread()
    tree.addFile(CaptureTree.aboutPath, about.text(.pretty) + "\n")
  }

  /// Where a path of the plan stands in the tree.
  private func place(_ path: String) -> String {
    var planned = ""
    var placed = ""
    for part in path.split(separator: "/") {
      planned += "/" + part
      placed = links[planned] ?? placed + "/" + part
    }
    return placed.isEmpty ? "/" : placed
  }

  private mutating func addFiles(_ files: [String: Snapshot.Reading]) {
    for (path, reading) in files {
      guard case .text(let text) = reading else { continue }
      // A link to a file is a file here.
      tree.addFile(place(CaptureTree.parent(path)) + "/" + Self.name(path), text)
    }
  }

  private mutating func addConfigurations() {
    for name in root.list("/sys/bus/pci/devices") ?? [] {
      guard let place = try? root.locate("/sys/bus/pci/devices/\(name)"), place.name == nil,
        let bytes = try? root.reader.readBytes(
          HwlocPlan.configuration, in: place.directory, limit: HwlocPlan.configurationBytes)
      else { continue }
      tree.addFile(place.path + "/" + HwlocPlan.configuration, bytes)
    }
  }

  private mutating func addLink(_ path: String, _ target: String) {
    let location = place(CaptureTree.parent(path)) + "/" + Self.name(path)
    guard tree.nodes[location] == nil else { return }
    if tree.nodes[target] == nil {
      if target.hasPrefix("/dev/") || kinds[target] == .regular {
        tree.addFile(target, [])
      } else {
        tree.addDirectory(target)
      }
    }
    tree.addLink(location, to: target)
  }

  private mutating func addNames(_ names: [String], in directory: String) {
    let base = place(directory)
    for name in names {
      let location = base == "/" ? "/" + name : base + "/" + name
      guard tree.nodes[location] == nil else { continue }
      if directory == "/dev" || kinds[directory + "/" + name] != .directory {
        tree.addFile(location, [])
      } else {
        tree.addDirectory(location)
      }
    }
  }

  private mutating func addUnread() {
    let unread = snapshot.files.compactMap { path, reading -> (String, JSONValue)? in
      guard case .missing(let reason) = reading else { return nil }
      return (path, .string(reason))
    }
    guard !unread.isEmpty else { return }
    let value = JSONValue.object(pairs: unread.sorted { $0.0 < $1.0 })
    tree.addFile(CaptureTree.unreadPath, value.text(.pretty) + "\n")
  }

  // MARK: - Domains

  /// Puts domains where libvirt's QEMU driver keeps them, whatever they came from.
  private mutating func addDomains() {
    var used: Set<String> = []
    for domain in snapshot.domains {
      let name = Self.fileName(of: domain, &used)
      if let text = domain.persistent?.value {
        tree.addFile("/etc/libvirt/qemu/\(name).xml", Passwords.removed(from: text))
      }
      if let text = domain.live?.value {
        tree.addFile("/run/libvirt/qemu/\(name).xml", status(domain, Passwords.removed(from: text)))
      }
      // libvirt makes this one with the first domain that starts by itself.
      if domain.autostart == true { mark(true, "/etc/libvirt/qemu/autostart", name + ".xml") }
      mark(domain.hasManagedSave, "/var/lib/libvirt/qemu/save", name + ".save")
      mark(domain.hasSnapshots, "/var/lib/libvirt/qemu/snapshot", name)
      if domain.state != .unknown { tree.addDirectory("/run/libvirt/qemu") }
    }
  }

  private mutating func mark(_ value: Bool?, _ directory: String, _ name: String) {
    guard let value else { return }
    tree.addDirectory(directory)
    if value { tree.addFile(directory + "/" + name, []) }
  }

  private func status(_ domain: DomainSource, _ xml: String) -> String {
    let state = domain.state == .paused ? "paused" : "running"
    let pid = domain.pid.map { " pid='\($0)'" } ?? ""
    return "<domstatus state='\(state)'\(pid)>\n\(xml)\n</domstatus>\n"
  }

  /// The domain's name as a file's, each once.
  private static func fileName(of domain: DomainSource, _ used: inout Set<String>) -> String {
    let text = domain.persistent?.value ?? domain.live?.value ?? ""
    var name = (try? XMLDocument(text))?.root.first("name")?.text ?? ""
    if name.isEmpty || name.hasPrefix(".") || name.contains("/") || name.utf8.count > 200
      || name.contains("\0")
    {
      name = "domain"
    }
    var unique = name
    var count = 2
    while !used.insert(unique).inserted {
      unique = "\(name)-\(count)"
      count += 1
    }
    return unique
  }

  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }
}
