// The write-ahead journal of one transaction: what will be done and what was there before is on the
// disk, file and directory synced, before anything is touched.

import Glibc
import TuneKit

/// An open journal that records are added to.
final class Journal {
  /// 2 knows `move-memory`; journals of 1 are read as ever.
  static let version = 2

  let number: Int
  let path: String
  private let file: Int32
  private let system: System

  /// Starts the journal of a new transaction.
  ///
  /// - Throws: `SystemError` where it can't be made; nothing else was touched then.
  init(new number: Int, in state: StateDirectory, header: [(String, String?)], _ system: System)
    throws(SystemError)
  {
    self.number = number
    self.system = system
    path = state.file(of: number)
    file = try system.create(path, in: AT_FDCWD, mode: 0o600, path: path)
    do throws(SystemError) {
      try add(
        JournalRecord(
          "tuned-vm-journal",
          [("version", "\(Self.version)"), ("id", "\(number)")]
            + header))
      try Self.syncDirectory(state.transactions, system)
    } catch {
      // Not a word of it counts; if even this fails, recover finds a journal without steps.
      try? system.unlink(path, in: AT_FDCWD, path: path)
      throw error
    }
  }

  /// Goes on with a journal that is there.
  init(continuing number: Int, in state: StateDirectory, _ system: System) throws(SystemError) {
    self.number = number
    self.system = system
    path = state.file(of: number)
    file = try system.openForAppending(path, mode: 0o600)
    try endTornLine()
  }

  deinit { close(file) }

  /// Adds records and syncs once.
  func add(_ records: JournalRecord...) throws(SystemError) {
    try system.write(records.flatMap(\.line), to: file, path: path)
    try system.sync(file, path: path)
  }

  /// A line that a crash cut short is cut off, so that the next record stands on a line of its own.
  private func endTornLine() throws(SystemError) {
    let bytes = JournalFile.read(path) ?? []
    guard let last = bytes.last, last != 10 else { return }
    let whole = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
    try system.truncate(file, to: whole, path: path)
  }

  static func syncDirectory(_ path: String, _ system: System) throws(SystemError) {
    let directory = retrying { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard directory >= 0 else { throw SystemError("open", path, errno) }
    defer { close(directory) }
    try system.sync(directory, path: path)
  }
}

/// A journal as read back.
struct JournalFile {
  /// Where a transaction stands.
  enum State: String {
    /// Begun, not committed: a run is at work or was killed.
    case open
    /// Done.
    case committed
    /// Being rolled back.
    case undoing
    /// Rolled back, by request or after a failure.
    case rolledBack = "rolled back"
    /// Nothing was ever done.
    case empty
  }

  /// Longest journal that is read, in bytes.
  static let limit = 256 << 20

  let number: Int
  let header: JournalRecord
  let records: [JournalRecord]
  let state: State

  /// Steps in order, with their number and the ids of their changes.
  let steps: [(number: Int, step: Step, changes: [String])]

  /// Reads a journal.
  ///
  /// - Throws: `Failure` 65 where it is damaged, with file and line; 66 where there is none.
  init(_ number: Int, in state: StateDirectory) throws(Failure) {
    let path = state.file(of: number)
    guard let bytes = Self.read(path) else {
      throw Failure(.noInput, "no transaction \(number): '\(Escape.text(path))' can't be read")
    }
    try self.init(number, bytes, path: path)
  }

  init(_ number: Int, _ bytes: [UInt8], path: String) throws(Failure) {
    self.number = number
    var records: [JournalRecord] = []
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      guard let record = JournalRecord(line: line) else {
        // The last line may be cut short by a crash: nothing was done that it speaks of.
        if index == lines.count - 1 { break }
        throw Failure(
          .malformed, "\(Escape.text(path)):\(index + 1):1: the journal is damaged here",
          "  nothing was changed; what stands before this line is still readable.")
      }
      records.append(record)
    }
    self.records = Array(records.dropFirst())
    guard let header = records.first else {
      self.header = JournalRecord("tuned-vm-journal")
      self.state = .empty
      steps = []
      return
    }
    guard header.word == "tuned-vm-journal", let version = header.integer("version"),
      version >= 1, version <= Journal.version
    else {
      throw Failure(
        .malformed, "\(Escape.text(path)):1:1: no journal of a version this program knows")
    }
    self.header = header
    steps = try Self.steps(records, path)
    self.state = Self.state(records, hasSteps: !steps.isEmpty)
  }

  private static func steps(_ records: [JournalRecord], _ path: String) throws(Failure) -> [(
    number: Int, step: Step, changes: [String]
  )] {
    var result: [(number: Int, step: Step, changes: [String])] = []
    for (index, record) in records.enumerated() where record.word == "step" {
      guard let number = record.integer("n"), let step = Step(record) else {
        throw Failure(
          .malformed, "\(Escape.text(path)):\(index + 1):1: a step that this program doesn't know")
      }
      let changes = record["changes"] ?? ""
      result.append((number, step, changes.split(separator: ",").map(String.init)))
    }
    return result
  }

  private static func state(_ records: [JournalRecord], hasSteps: Bool) -> State {
    var state = State.open
    for record in records {
      switch record.word {
      case "commit": state = .committed
      case "undo": state = .undoing
      case "end": state = .rolledBack
      default: break
      }
    }
    return state
  }

  /// What a step left behind according to its `done` record: libvirt's own form of a definition,
  /// the pages that were granted.
  func outcome(of number: Int) -> String? {
    records.last { $0.word == "done" && $0.integer("n") == number }?["value"]
  }

  /// Whether a step was taken back already.
  func isUndone(_ number: Int) -> Bool {
    records.contains { $0.word == "undone" && $0.integer("n") == number }
  }

  /// The whole file; nil where it can't be read.
  static func read(_ path: String) -> [UInt8]? {
    let file = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= limit
    else { return nil }
    return readAll(file, size: Int(status.st_size))
  }

  /// Everything from here to the end of an open file; nil where reading fails.
  static func readAll(_ file: Int32, size: Int = 0) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: max(size + 1, 4096))
    var filled = 0
    while true {
      if filled == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
      guard bytes.count <= limit * 2 else { return nil }
      let room = bytes.count - filled
      let count = bytes.withUnsafeMutableBytes { buffer in
        buffer.baseAddress.map { base in retrying { Glibc.read(file, base + filled, room) } } ?? -1
      }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes[..<filled])
  }
}
