// Reads who was at work on a host: dpkg's lists and log, the times of libvirt's files, our journals.

import Glibc
import TuneKit

/// Reads the traces since a baseline.
public enum DriftTraceProbe {
  /// Lists of files of this many packages are read at most: more is another release of the system.
  static let packageLimit = 512
  /// Of dpkg's log this many bytes at its end are read.
  static let logBytes = 1 << 20

  /// Reads traces below a root. What can't be read tells nothing.
  ///
  /// - Parameters:
  ///   - path: The root of the host.
  ///   - report: What moved, and since when.
  ///   - state: Where the journals of this program lie.
  public static func traces(
    below path: String, for report: DriftReport, state: StateDirectory
  ) -> DriftTraces {
    var traces = DriftTraces()
    guard let since = Timestamp.seconds(report.since), let root = try? Root(path) else {
      return traces
    }
    traces.packages = packages(root, since)
    for file in report.libvirtFiles {
      if let time = modified(file, root), time >= since { traces.written[file] = time }
    }
    traces.transactions = History.read(state).past.compactMap { past in
      guard let started = Timestamp.seconds(past.started), started >= since else { return nil }
      return DriftTraces.Transaction(
        id: past.id, started: past.started, isRolledBack: past.state != "committed",
        left: left(by: past))
    }
    return traces
  }

  /// What a transaction left behind at each place; after a rollback what was there before.
  private static func left(by past: PastTransaction) -> [String: String?] {
    var left: [String: String?] = [:]
    for change in past.changes {
      left[change.target] = past.state == "committed" ? change.after : change.before
    }
    return left
  }

  /// dpkg writes a package's list of files anew when it unpacks the package, so the list's time is
  /// that of the change, whatever the host's time zone is; the log has the versions.
  private static func packages(_ root: Root, _ since: Int) -> [DriftTraces.Package] {
    let directory = "/var/lib/dpkg/info"
    guard let place = try? root.locate(directory), place.name == nil,
      let entries = try? place.directory.list()
    else { return [] }
    let lists = entries.filter { $0.name.hasSuffix(".list") }.compactMap { entry in
      (try? place.directory.status(of: entry.name)).map { (entry.name, $0.st_mtim.tv_sec) }
    }
    let recent = lists.filter { $0.1 >= since }.sorted { ($0.1, $1.0) > ($1.1, $0.0) }
    guard !recent.isEmpty else { return [] }
    let versions = versions(root)
    return recent.prefix(packageLimit).map { list, time in
      let name = String(list.dropLast(".list".count).prefix { $0 != ":" })
      var files: Set<String> = []
      if case .text(let text) = root.read("\(directory)/\(list)") {
        files = Set(text.split(separator: "\n").map(String.init))
      }
      return DriftTraces.Package(
        name: name, change: versions[name], time: time, files: files)
    }
  }

  /// The last change of each package in dpkg's log:
  /// `2026-11-24 10:12:44 upgrade libvirt0:amd64 9.0.0-4 9.0.0-5`.
  private static func versions(_ root: Root) -> [String: String] {
    guard let place = try? root.locate("/var/log/dpkg.log"), let file = place.name,
      case .text(let text) = try? root.reader.readEnd(
        file, in: place.directory, bytes: logBytes)
    else { return [:] }
    var versions: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 6 else { continue }
      let name = String(words[3].prefix { $0 != ":" })
      switch words[2] {
      case "install": versions[name] = "installation of \(words[5])"
      case "upgrade": versions[name] = "upgrade from \(words[4]) to \(words[5])"
      default: continue
      }
    }
    return versions
  }

  private static func modified(_ path: String, _ root: Root) -> Int? {
    guard let place = try? root.locate(path), let name = place.name,
      let status = try? place.directory.status(of: name)
    else { return nil }
    return status.st_mtim.tv_sec
  }
}
