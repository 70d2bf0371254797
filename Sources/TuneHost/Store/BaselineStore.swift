// Where baselines live: one file a host below the state directory, replaced as a whole or not at
// all.

import Glibc
import TuneKit

/// The baselines of a state directory.
public struct BaselineStore: Sendable {
  /// The state directory.
  public let stateDirectory: String
  /// The largest file that is read, bytes.
  static let limit = 256 << 20

  /// Names a state directory; nothing is made yet.
  public init(stateDirectory: String) { self.stateDirectory = stateDirectory }

  var directory: String { stateDirectory + "/baselines" }

  /// The baseline's file of a host: by id, else by name. A host that had no id when its baseline
  /// was saved is still found by its name.
  public func file(for host: HostIdentity) -> String {
    let byName = directory + "/" + Baseline.fileName(id: nil, name: host.name)
    guard let id = host.id else { return byName }
    let byID = directory + "/" + Baseline.fileName(id: id, name: nil)
    return Self.exists(byID) || !Self.exists(byName) ? byID : byName
  }

  /// Reads a host's baseline.
  ///
  /// - Throws: `Failure` 66 where there is none, 77 or 74 where it can't be read;
  ///   `BaselineError` 65 where it is damaged.
  public func load(_ host: HostIdentity) throws -> Baseline {
    let path = file(for: host)
    guard let bytes = try Self.read(path) else {
      throw Failure(
        .noInput,
        messages: [
          "no baseline of \((host.name ?? "this host").quoted()): '\(path.printable)' is not there",
          "  'tuned-vm baseline save' remembers the state now.",
        ] + hint)
    }
    return try Baseline(parsing: bytes, file: path)
  }

  private var hint: [String] {
    guard let other = soleOther else { return [] }
    return [
      "  '\(other.file.printable)' is the one of \(other.host.quoted()): if this host had that name,",
      "  rename the file.",
    ]
  }

  /// The only baseline by name: a host without an id that was renamed has one under its old name.
  private var soleOther: (file: String, host: String)? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream), found.count < 2 {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix("name-"), name.hasSuffix(".baseline") { found.append(name) }
    }
    guard found.count == 1, let name = found.first,
      let bytes = try? Self.read("\(directory)/\(name)"),
      let baseline = try? Baseline(parsing: bytes, file: name), let host = baseline.hostName
    else { return nil }
    return ("\(directory)/\(name)", host)
  }

  /// Replaces a host's baseline.
  ///
  /// - Returns: The file.
  /// - Throws: `Failure` 73 or 74; the old baseline stays.
  @discardableResult
  public func save(_ baseline: Baseline) throws(Failure) -> String {
    try makeDirectories()
    let path = directory + "/" + baseline.fileName
    try OutputFile.replace(path, with: baseline.text, mode: 0o600)
    return path
  }

  // MARK: - What `--new` said

  private func memoryFile(_ host: HostIdentity) -> String {
    String(file(for: host).dropLast("baseline".count)) + "said"
  }

  /// What earlier runs said about a host; nothing where no file is there or it is damaged.
  public func memory(of host: HostIdentity, since: String) throws -> DriftMemory {
    guard let bytes = try Self.read(memoryFile(host)) else {
      return DriftMemory(baselineSavedAt: since)
    }
    return DriftMemory(parsing: bytes) ?? DriftMemory(baselineSavedAt: since)
  }

  /// Remembers what was said.
  ///
  /// - Throws: `Failure` 73 or 74.
  public func remember(_ memory: DriftMemory, of host: HostIdentity) throws(Failure) {
    try makeDirectories()
    try OutputFile.replace(memoryFile(host), with: memory.text, mode: 0o600)
  }

  /// Runs alone among the runs that say or accept drift; a directory that can't be written has no
  /// lock and no memory to protect.
  ///
  /// - Parameter attempts: How often the lock is asked for, twenty times a second.
  /// - Throws: `Failure` 75 where it is still held after that: ten seconds.
  public func alone<Value>(attempts limit: Int = 200, _ body: () throws -> Value) throws -> Value {
    do { try makeDirectories() } catch { return try body() }
    let path = directory + "/lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return try body() }
    defer { close(file) }
    var attempts = 0
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      attempts += 1
      guard attempts < limit, errno == EWOULDBLOCK || errno == EINTR else {
        throw Failure(.busy, "another tuned-vm drift holds '\(path.printable)'")
      }
      usleep(50_000)
    }
    return try body()
  }

  // MARK: - Files

  private func makeDirectories() throws(Failure) {
    try StateDirectories.make(stateDirectory)
    try StateDirectories.make(directory)
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0
  }

  private static var reason: String { String(cString: strerror(errno)) }

  /// The bytes of a regular file; nil where nothing is there.
  private static func read(_ path: String) throws(Failure) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      let status: ExitStatus = errno == EACCES || errno == EPERM ? .notPermitted : .ioError
      throw Failure(status, "cannot read '\(path.printable)': \(reason)")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit
    else { throw Failure(.malformed, "\(path.printable):1:1: this is no baseline file") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Failure(.ioError, "cannot read '\(path.printable)': \(reason)")
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }
}

/// The directories below which state is kept.
public enum StateDirectories {
  /// Makes a directory for the owner alone; one that is there is fine.
  ///
  /// - Throws: `Failure` 73.
  public static func make(_ path: String) throws(Failure) {
    var status = stat()
    if stat(path, &status) == 0 { return }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw Failure(
        .cannotCreate,
        "cannot make directory '\(path.printable)': \(String(cString: strerror(errno)))",
        "  --state-dir names another place.")
    }
  }
}
