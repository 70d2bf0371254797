// What a host looks like after a change: the change carried out on a snapshot.
//
// Laws, dry runs and the writer for captured trees share it. The kernel's and libvirt's answers are
// modelled as far as files show them: choices in brackets, counters of huge-page pools, drop-ins
// with all their lines, domain definitions edited in place.

/// Why a change can't be carried out on a snapshot.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What, where and why.
  public let description: String
  /// Creates an error.
  public init(_ description: String) { self.description = description }
}

extension Snapshot {
  /// What drop-ins say about where they come from.
  public struct Author: Sendable, Equatable {
    /// The profile's name.
    public var profile: String
    /// The profile's hash.
    public var hash: String
    /// Creates an author.
    public init(profile: String = "general", hash: String = "0000000000000000") {
      self.profile = profile
      self.hash = hash
    }
  }

  /// The snapshot after a change.
  ///
  /// - Throws: ``ModelError`` where the kernel or libvirt would refuse it.
  public func applying(_ change: Change, by author: Author = Author()) throws(ModelError)
    -> Snapshot
  {
    var result = self
    try result.apply(change, by: author)
    return result
  }

  /// Carries out a change in place: what many changes of a large host take, for a copy costs as much
  /// as the host has files.
  ///
  /// - Returns: the host's files that now say something else, sorted.
  /// - Throws: ``ModelError`` where the kernel or libvirt would refuse it; nothing changed then.
  @discardableResult
  public mutating func apply(_ change: Change, by author: Author = Author()) throws(ModelError)
    -> [String]
  {
    let places = Self.reach(of: change)
    let before = places.map { files[$0] }
    switch change {
    case .knob(let path, let value): try write(value, to: path)
    case .hugePages(let node, let size, let count):
      try reserve(count, ofKiB: size, on: node)
    case .persist(let item): persist(item, by: author)
    case .domain(let change): try edit(change)
    }
    return zip(places, before).filter { files[$0] != $1 }.map(\.0).sorted()
  }

  /// The files that a change of the host can show itself in.
  private static func reach(of change: Change) -> [String] {
    switch change {
    case .knob(let path, _): [path] + (exclusiveTwin[path].map { [$0] } ?? [])
    case .hugePages(let node, let size, _): poolFiles(node: node, sizeKiB: size)
    case .persist(let item): [DropIn(for: item).path]
    case .domain: []
    }
  }

  /// The snapshot after several changes, in order.
  public func applying(_ changes: [Change], by author: Author = Author()) throws(ModelError)
    -> Snapshot
  {
    var result = self
    for change in changes { try result.apply(change, by: author) }
    return result
  }

  private mutating func write(_ value: String, to path: String) throws(ModelError) {
    let file = raw(path)
    guard let current = file.value else {
      throw ModelError("cannot write '\(path)': \(file.missingReason ?? "it can't be read")")
    }
    guard let text = KnobText.written(value, over: current) else {
      throw ModelError("'\(path)' does not offer '\(value)'; it shows '\(current.trimmedBlanks)'")
    }
    files[path] = .text(text)
    if let twin = Self.exclusiveTwin[path], files[twin] != nil { files[twin] = .text("0\n") }
  }

  /// Writing one of a pair zeroes the other (kernel, mm/page-writeback.c).
  private static let exclusiveTwin = [
    "/proc/sys/vm/dirty_ratio": "/proc/sys/vm/dirty_bytes",
    "/proc/sys/vm/dirty_bytes": "/proc/sys/vm/dirty_ratio",
    "/proc/sys/vm/dirty_background_ratio": "/proc/sys/vm/dirty_background_bytes",
    "/proc/sys/vm/dirty_background_bytes": "/proc/sys/vm/dirty_background_ratio",
  ]

  private mutating func persist(_ item: Persistence, by author: Author) {
    let file = DropIn(for: item)
    let text = file.text(
      adding: [item], to: raw(file.path).value, profile: author.profile, hash: author.hash)
    files[file.path] = .text(text)
    list(file.path)
  }

  /// Enters a file into its directory's list, and new directories into theirs.
  private mutating func list(_ path: String) {
    guard let slash = path.lastIndex(of: "/"), path != "/" else { return }
    let parent = slash == path.startIndex ? "/" : String(path[..<slash])
    let name = String(path[path.index(after: slash)...])
    let isNew = directories[parent] == nil
    var names = directories[parent] ?? []
    if !names.contains(name) {
      names.append(name)
      directories[parent] = names.sorted()
    }
    if isNew { list(parent) }
  }

  private mutating func edit(_ change: DomainChange) throws(ModelError) {
    do {
      let after = try applying(change)
      files = after.files
      for (index, domain) in after.domains.enumerated() where domain != domains[index] {
        let path = domain.persistent?.source ?? ""
        if files[path] != nil, let text = domain.persistent?.value { files[path] = .text(text) }
      }
      domains = after.domains
    } catch {
      throw ModelError("domain '\(change.domain.onOneLine)': \(error)")
    }
  }
}
