// Walks a root along the plan and stores what it finds. The live host and a tree take this one way.

import Glibc
import TuneKit

/// Fills a snapshot's files, directories and links.
struct SnapshotProbe {
  /// The last part of a log that is kept, in bytes.
  static let tailBytes = 64 << 10
  /// Files of one probe: more is no host.
  static let fileLimit = 1 << 20

  let root: Root
  private(set) var files: [String: Snapshot.Reading] = [:]
  private(set) var directories: [String: [String]] = [:]
  private(set) var links: [String: String] = [:]

  /// What the listed names are, where that was asked for and the file system tells.
  private(set) var kinds: [String: FileKind] = [:]
  private let keepsKinds: Bool

  /// Looks over the walk's shoulder while a tree is checked for hwloc.
  private var hwlocGuard: HwlocGuard?
  /// Where the last link led: the next one mostly leads near it.
  private var reached: Directory?
  /// What is wanted of one of a group of files.
  private let oneFile = PlanNode(.file)
  /// Nothing is wanted.
  private let nothing = PlanNode()

  init(_ root: Root, keepingKinds: Bool = false) {
    self.root = root
    keepsKinds = keepingKinds
  }

  /// Reads everything that a plan asks for.
  mutating func read(_ plan: PlanNode) {
    visit(Spot(root.top, at: "", depth: nil), plan)
  }

  /// The same, and looks at all that hwloc would find.
  ///
  /// - Returns: why hwloc must not be given the tree; nil where it may.
  mutating func readForHwloc(_ plan: PlanNode) -> String? {
    hwlocGuard = HwlocGuard()
    defer { hwlocGuard = nil }
    read(plan)
    for names in HwlocGuard.places {
      guard let place = hwlocGuard?.enter(names, of: root.top) else { continue }
      // The plan has been in those of one name.
      if names.count > 1 {
        visit(Spot(place, at: place.path, depth: names.count), nothing)
      }
    }
    hwlocGuard?.see(mounts: files["/proc/mounts"])
    return hwlocGuard?.objection
  }

  // MARK: - Directories

  /// An opened directory and the way the plan took to it.
  private struct Spot {
    let directory: Directory
    /// The plan's path with a `/` behind it.
    let prefix: String
    /// How deep it is below the root, where hwloc would come here; else nil.
    let depth: Int?
    /// Whether it is a place of sysfs.
    let isSysfs: Bool
    /// Whether its files hold one value each, which one read gives whole.
    let holdsValues: Bool

    init(_ directory: Directory, at path: String, depth: Int?) {
      self.directory = directory
      self.depth = depth
      prefix = path + "/"
      isSysfs = prefix.hasPrefix("/sys/")
      holdsValues = isSysfs || prefix.hasPrefix("/proc/sys/") || prefix.hasPrefix("/proc/irq/")
    }

    var path: String { String(prefix.dropLast()) }
  }

  /// A name of a directory that something is wanted of.
  private struct Entry {
    let name: String
    /// What it is; nil where that isn't known.
    var kind: FileKind?
    /// What is wanted of it; nil where only hwloc could come to it.
    let node: PlanNode?
    /// Its size in bytes where that was asked for, else 0.
    var size = 0

    /// Whether more than the target of a link is wanted.
    var wantsContent: Bool { node.map { $0.wants != .link || $0.hasChildren } ?? false }
    var wantsText: Bool { node?.wants.isDisjoint(with: [.file, .tail]) == false }
  }

  private mutating func visit(_ spot: Spot, _ node: PlanNode) {
    let isChecked = spot.depth != nil && hwlocGuard?.objection == nil
    let isListed = isChecked || node.needsNames || (node.isWorthListing && spot.isSysfs)
    guard isListed, let found = list(spot, node, isChecked) else { return ask(for: node, in: spot) }
    for group in node.groups { read(firstOf: group, of: node, among: found.grouped, in: spot) }
    for entry in found.entries { visit(entry, in: spot) }
  }

  /// Asks for each plain name, without a list.
  private mutating func ask(for node: PlanNode, in spot: Spot) {
    for group in node.groups {
      for place in group {
        let member = Entry(name: node.names[place].text, kind: nil, node: oneFile)
        if visit(member, in: spot) { break }
      }
    }
    for name in node.names where name.node != nil {
      visit(Entry(name: name.text, kind: nil, node: name.node), in: spot)
    }
  }

  /// Reads the first file of a group that can be read.
  private mutating func read(
    firstOf group: [Int], of node: PlanNode, among listed: [(place: Int, kind: FileKind?)],
    in spot: Spot
  ) {
    var isRead = false
    for place in group {
      guard let found = listed.first(where: { $0.place == place }) else { continue }
      let member = Entry(
        name: node.names[place].text, kind: found.kind, node: isRead ? nil : oneFile)
      if visit(member, in: spot) { isRead = true }
    }
  }

  /// Lists a directory: the names that something is wanted of, and those of groups by their place in
  /// the node. Nil where it can't be listed.
  private mutating func list(
    _ spot: Spot, _ node: PlanNode, _ isChecked: Bool
  ) -> (entries: [Entry], grouped: [(place: Int, kind: FileKind?)])? {
    var entries: [Entry] = []
    var grouped: [(place: Int, kind: FileKind?)] = []
    var names: [String] = []
    var count = 0
    do {
      try spot.directory.forEach { (name, kind) throws(Refusal) in
        count += 1
        guard count <= Directory.nameLimit else {
          throw .refused("holds more than \(Directory.nameLimit) names")
        }
        if node.needsNames { names.append(String(cString: name)) }
        let length = strlen(name)
        let place = node.place(of: name, length: length)
        if let place, node.names[place].isGrouped { grouped.append((place, kind)) }
        let wanted = node.node(for: name, length: length, at: place)
        if wanted != nil || (isChecked && place == nil && concernsHwloc(name, kind, in: spot)) {
          let text = place.map { node.names[$0].text } ?? String(cString: name)
          entries.append(Entry(name: text, kind: kind, node: wanted))
        }
        if keepsKinds { kinds[spot.prefix + String(cString: name)] = kind }
      }
    } catch {
      if isChecked { hwlocGuard?.object(error.reason) }
      if node.needsNames, error != .absent { files[spot.path] = .missing(error.reason) }
      return nil
    }
    if isChecked { hwlocGuard?.see(names: count) }
    if node.needsNames { keep(names.sorted(), of: spot) }
    return (entries, grouped)
  }

  private mutating func keep(_ names: [String], of spot: Spot) {
    let path = spot.path
    directories[path.isEmpty ? "/" : path] = names
    // A processor has some fifty files in the plan.
    if path == "/sys/devices/system/cpu" { files.reserveCapacity(2048 + 52 * names.count) }
  }

  // MARK: - Names

  /// One name: reads, lists and follows it as its node asks; whether a text of it was read.
  @discardableResult
  private mutating func visit(_ entry: Entry, in spot: Spot) -> Bool {
    switch entry.kind {
    case .directory: enter(entry, in: spot)
    case .link: return follow(entry, in: spot)
    case nil:
      guard let known = ask(about: entry, in: spot) else { return false }
      if known.kind == .directory, known.wantsText {
        files[spot.prefix + entry.name] = .missing(FileKind.directory.refusal)
      }
      return visit(known, in: spot)
    default:
      if entry.wantsText, read(entry, in: spot) { return true }
      check(entry, in: spot)
    }
    return false
  }

  /// Asks what a name is; nil where it isn't there or nobody may ask.
  private mutating func ask(about entry: Entry, in spot: Spot) -> Entry? {
    do {
      let status = try spot.directory.status(of: entry.name)
      var entry = entry
      entry.kind = FileKind(mode: status.st_mode)
      entry.size = Int(status.st_size)
      return entry
    } catch {
      guard error != .absent else { return nil }
      if entry.wantsContent { files[spot.prefix + entry.name] = .missing(error.reason) }
      if spot.depth != nil { hwlocGuard?.object(error.reason) }
      return nil
    }
  }

  private mutating func enter(_ entry: Entry, in spot: Spot) {
    let depth = depth(of: entry, in: spot)
    let node = entry.node ?? nothing
    guard depth != nil || node.wants.contains(.directory) || node.hasChildren else { return }
    if let depth { hwlocGuard?.see(directory: entry.name, in: spot.directory, depth: depth) }
    let path = spot.prefix + entry.name
    do {
      let listing = depth != nil || node.needsNames || node.isWorthListing
      let below = try open(entry.name, in: spot.directory, listing: listing)
      visit(Spot(below, at: path, depth: depth), node)
    } catch {
      guard error != .absent else { return }
      if entry.node != nil { files[path] = .missing(error.reason) }
      if depth != nil { hwlocGuard?.object(error.reason) }
    }
  }

  private func open(
    _ name: String, in directory: Directory, listing: Bool
  ) throws(Refusal) -> Directory {
    // Where it may be passed through but not listed, the list fails later, and alone.
    if listing, let opened = try? directory.open(name, listing: true) { return opened }
    return try directory.open(name)
  }

  private mutating func follow(_ entry: Entry, in spot: Spot) -> Bool {
    let path = spot.prefix + entry.name
    do {
      let text = try spot.directory.readLink(entry.name)
      if let depth = spot.depth {
        hwlocGuard?.see(link: entry.name, to: text, in: spot.directory, depth: depth)
      }
      guard let node = entry.node else { return false }
      let place = try root.resolve(text, from: spot.directory, known: reached)
      reached = place.directory
      if node.wants.contains(.link) { links[path] = place.path }
      if let name = place.name {
        guard entry.wantsText, files.count < Self.fileLimit else { return false }
        files[path] =
          node.wants.contains(.tail)
          ? try root.reader.readEnd(name, in: place.directory, bytes: Self.tailBytes)
          : try root.reader.read(name, in: place.directory, limit: Root.fileLimit)
        return true
      }
      if entry.wantsText { files[path] = .missing(FileKind.directory.refusal) }
      if node.wants.contains(.directory) || node.hasChildren {
        visit(Spot(place.directory, at: path, depth: nil), node)
      }
    } catch {
      if entry.wantsContent, error != .absent { files[path] = .missing(error.reason) }
    }
    return false
  }

  /// Reads a file that is no link; whether there is a text now.
  private mutating func read(_ entry: Entry, in spot: Spot) -> Bool {
    guard files.count < Self.fileLimit else { return false }
    let path = spot.prefix + entry.name
    do throws(Refusal) {
      if let kind = entry.kind, kind != .regular { throw .refused(kind.refusal) }
      let text =
        entry.node?.wants.contains(.tail) == true
        ? try root.reader.readEnd(entry.name, in: spot.directory, bytes: Self.tailBytes)
        : try root.reader.readKnown(
          entry.name, in: spot.directory, size: entry.size, limit: Root.fileLimit,
          inOneRead: spot.holdsValues)
      if spot.isSysfs { hwlocGuard?.see(text, of: entry.name, in: spot.directory) }
      files[path] = text
      return true
    } catch {
      if error != .absent { files[path] = .missing(error.reason) }
      return false
    }
  }
}

// MARK: - For hwloc

extension SnapshotProbe {
  /// How deep a directory is where hwloc would come to it; else nil.
  private func depth(of entry: Entry, in spot: Spot) -> Int? {
    guard let hwlocGuard, hwlocGuard.objection == nil else { return nil }
    guard let depth = spot.depth else {
      return spot.prefix == "/" && HwlocGuard.places.contains([entry.name]) ? 1 : nil
    }
    return HwlocGuard.isPassedOver(entry.name, depth) ? nil : depth + 1
  }

  /// Whether hwloc could come to a name that the plan doesn't want; plain files are looked at here.
  private mutating func concernsHwloc(
    _ name: UnsafePointer<CChar>, _ kind: FileKind?, in spot: Spot
  ) -> Bool {
    guard let depth = spot.depth else { return false }
    switch kind {
    case .regular:
      hwlocGuard?.see(file: name, in: spot.directory, depth: depth)
      return false
    case .directory: return !HwlocGuard.isPassedOver(name, depth)
    default: return true
    }
  }

  /// Shows the guard a name that is neither directory nor link and was not read.
  private mutating func check(_ entry: Entry, in spot: Spot) {
    guard let depth = spot.depth, let kind = entry.kind else { return }
    if kind == .regular {
      hwlocGuard?.see(file: entry.name, in: spot.directory, depth: depth)
    } else {
      hwlocGuard?.see(kind, named: entry.name, in: spot.directory)
    }
  }
}
