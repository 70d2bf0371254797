// What a host wrote down about who was at work on it: packages, libvirt, this program.

/// Traces of work on a host since its baseline was saved.
public struct DriftTraces: Sendable, Equatable {
  /// A package that was unpacked since.
  public struct Package: Sendable, Equatable {
    /// Its name, without the architecture.
    public let name: String
    /// What happened: `upgrade from 9.0.0-4 to 9.0.0-5`, `installation of 1.2`, else nil.
    public let change: String?
    /// When its files were unpacked, seconds since 1970.
    public let time: Int
    /// The absolute paths of its files.
    public let files: Set<String>

    /// Creates a trace.
    public init(name: String, change: String?, time: Int, files: Set<String>) {
      self.name = name
      self.change = change
      self.time = time
      self.files = files
    }
  }

  /// A transaction of this program.
  public struct Transaction: Sendable, Equatable {
    /// Its number, as `history` lists it.
    public let id: Int
    /// When it began, RFC 3339.
    public let started: String
    /// Whether it was taken back.
    public let isRolledBack: Bool
    /// Files and domains it changed, with the value it left there; nil for a definition.
    public let left: [String: String?]

    /// Creates a trace.
    public init(id: Int, started: String, isRolledBack: Bool, left: [String: String?]) {
      self.id = id
      self.started = started
      self.isRolledBack = isRolledBack
      self.left = left
    }
  }

  /// Packages, the one unpacked last first.
  public var packages: [Package] = []
  /// When libvirt last wrote a file, by its path: seconds since 1970. Only those written since.
  public var written: [String: Int] = [:]
  /// Transactions, the latest first.
  public var transactions: [Transaction] = []

  /// Traces of nobody.
  public init() {}
}

extension DriftReport {
  /// Names the authors that the traces tell of. What configures a value now (`by` is set already)
  /// is nearer to the cause than a package, and further from it than this program's own work.
  public func traced(by traces: DriftTraces) -> DriftReport {
    var report = self
    for index in report.drifted.indices {
      let entry = report.drifted[index]
      report.drifted[index].by =
        traces.transaction(of: entry) ?? traces.kernel(of: entry) ?? entry.by
        ?? traces.package(of: entry) ?? traces.libvirt(of: entry)
    }
    return report
  }

  /// Files of libvirt that would tell when a domain that moved was written.
  public var libvirtFiles: Set<String> {
    Set(drifted.compactMap { DriftTraces.file(of: $0) })
  }
}

extension DriftTraces {
  /// This program's own work: on a file only where the value is still the one it left there, on a
  /// domain with the time of the last definition, which may be somebody else's.
  fileprivate func transaction(of entry: DriftEntry) -> String? {
    let domain = Self.domain(of: entry)
    let found = transactions.first { past in
      if let domain { return past.left.keys.contains(domain) }
      return entry.sources.contains { source in past.left[source] == .some(entry.now) }
    }
    guard let found else { return nil }
    let words =
      "tuned-vm's transaction \(found.id) of \(found.started)"
      + (found.isRolledBack ? ", taken back since" : "")
    guard domain != nil else { return words }
    return "perhaps \(words)" + (libvirt(of: entry).map { "; \($0)" } ?? "")
  }

  /// A kernel that a package brought.
  fileprivate func kernel(of entry: DriftEntry) -> String? {
    guard entry.id.key == "host.kernel", let release = entry.now, let by = entry.by,
      let package = packages.first(where: {
        $0.files.contains("/boot/vmlinuz-\(release)")
          || $0.files.contains("/lib/modules/\(release)")
          || $0.files.contains("/usr/lib/modules/\(release)")
      })
    else { return nil }
    return "\(by), of \(Self.words(package))"
  }

  fileprivate func package(of entry: DriftEntry) -> String? {
    let found = packages.first { package in
      switch entry.id.key {
      case "cpu.microcode":
        package.files.contains {
          $0.hasPrefix("/lib/firmware/intel-ucode") || $0.hasPrefix("/lib/firmware/amd-ucode")
            || $0.hasPrefix("/usr/lib/firmware/intel-ucode")
            || $0.hasPrefix("/usr/lib/firmware/amd-ucode")
        }
      case let key where key.hasPrefix("unit."):
        package.files.contains("/lib/systemd/system/\(key.dropFirst(5))")
          || package.files.contains("/usr/lib/systemd/system/\(key.dropFirst(5))")
      default: entry.sources.contains { package.files.contains($0) }
      }
    }
    return found.map { "perhaps \(Self.words($0))" }
  }

  /// libvirt writes a definition when somebody defines or edits the domain, and the state of a
  /// running guest when it starts, moves or gets a device.
  fileprivate func libvirt(of entry: DriftEntry) -> String? {
    guard let file = Self.file(of: entry), let time = written[file] else { return nil }
    return "libvirt, which wrote \(file) at \(Timestamp.text(time))"
  }

  private static func words(_ package: Package) -> String {
    "the package \(package.name)" + (package.change.map { ", \($0)" } ?? "")
      + " at \(Timestamp.text(package.time))"
  }

  private static func domain(of entry: DriftEntry) -> String? {
    guard entry.id.subject.isOfDomain else { return nil }
    let name = entry.id.subject.name
    guard entry.id.subject.kind != .domain else { return name }
    return name.lastIndex(of: "/").map { String(name[..<$0]) } ?? name
  }

  /// Where libvirt's QEMU driver keeps what an entry speaks of; nil for what is no domain's and for
  /// names that can be no file's.
  fileprivate static func file(of entry: DriftEntry) -> String? {
    // Autostart is a link beside the definition.
    guard let name = domain(of: entry), !name.utf8.contains(UInt8(ascii: "/")),
      entry.id.key != "autostart"
    else { return nil }
    let directory = entry.id.key.hasPrefix("live/") ? "/run" : "/etc"
    return "\(directory)/libvirt/qemu/\(name).xml"
  }
}
