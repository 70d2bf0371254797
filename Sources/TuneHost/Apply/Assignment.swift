// What apply is to carry out, and where: the live host, a tree, domain files, libvirt.

import Glibc
import TuneKit

/// A plan with the places it is written to.
public struct Assignment: Sendable {
  /// Where the host's own files are.
  public enum Host: Sendable, Equatable {
    /// This machine.
    case live
    /// A tree, by its path.
    case tree(String)
  }

  /// The plan.
  public var plan: Plan
  /// What it was made for.
  public var facts: Facts
  /// Where knobs and drop-ins are written.
  public var host: Host
  /// Whether domains come from files that the user named.
  public var domainsAreNamedFiles: Bool

  /// MiB a second that moving a guest's memory may take.
  public var memoryRateMiB = 1000
  /// Told how far a guest's memory was looked at: its name, KiB so far, KiB of all.
  public var memoryProgress: @Sendable (String, Int, Int) -> Void = { _, _, _ in }

  /// Creates an assignment.
  public init(plan: Plan, facts: Facts, host: Host, domainsAreNamedFiles: Bool) {
    self.plan = plan
    self.facts = facts
    self.host = host
    self.domainsAreNamedFiles = domainsAreNamedFiles
  }

  var root: String {
    switch host {
    case .live: "/"
    case .tree(let path): Self.absolute(path) ?? path
    }
  }

  var isTree: Bool { host != .live }

  /// Where a domain's definition is stored.
  enum Home: Equatable {
    case file(HostPath)
    case libvirt(uri: String, name: String)
  }

  func home(of domain: Domain) throws(SystemError) -> Home {
    let origin = domain.source.origin
    if origin.contains("://") {
      let parts = origin.split(separator: " ", maxSplits: 1).map(String.init)
      return .libvirt(uri: parts.first ?? origin, name: parts.count > 1 ? parts[1] : domain.name)
    }
    if isTree, !domainsAreNamedFiles { return .file(HostPath(root: root, path: origin)) }
    guard let path = Self.absolute(origin) else {
      throw SystemError("find", origin, errno)
    }
    if path.firstMatch(of: Self.libvirtsOwn) != nil {
      throw SystemError(
        "write", path, reason: "libvirt owns this file; leave out --domain-xml to go through it")
    }
    return .file(HostPath(root: "/", path: path))
  }

  /// Where libvirt keeps the definitions of domains, and the state of running ones: the system's and
  /// the users' (`qemu:///session`).
  private static var libvirtsOwn: Regex<Substring> {
    #/^(?:/etc|/run|/root/\.config|/home/[^/]+/\.config)/libvirt/qemu//#
  }

  /// Why definitions that the plan edits can't be written where they are stored, a sentence each;
  /// known before anything is changed.
  public var refusals: [String] {
    let keys = Set(
      plan.work.compactMap { change -> String? in
        guard case .domain(let wanted) = change.change else { return nil }
        return wanted.domain
      })
    return facts.domains.filter { keys.contains($0.key) }.compactMap { domain in
      do throws(SystemError) {
        _ = try home(of: domain)
        return nil
      } catch {
        return error.sentence
      }
    }
  }

  /// A path without links and from the top; nil where there is nothing.
  public static func absolute(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

/// What was not given back.
public struct Leftover: Sendable, Equatable {
  /// What it is about.
  public let target: String
  /// What was written.
  public let was: String
  /// What is there now.
  public let `is`: String
  /// Why it was left.
  public let why: String
}

/// What became of an assignment.
public struct Outcome: Sendable {
  /// How it ended.
  public enum Ending: Sendable, Equatable {
    /// Committed.
    case done
    /// A failure, and everything that could be was taken back.
    case rolledBack(why: String)
  }

  /// The transaction's number.
  public var id: Int
  /// How it ended.
  public var ending: Ending
  /// What was made, in order.
  public var made: [PlannedChange] = []
  /// What was only partly granted, and what was granted.
  public var partial: [(change: PlannedChange, note: String)] = []
  /// What was not made although planned, and why.
  public var skipped: [(change: PlannedChange, why: String)] = []
  /// What a rollback left.
  public var left: [Leftover] = []
}
