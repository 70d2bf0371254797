// The reports of a text: one document, or several behind each other. Damage in one costs that one.

import TuneKit

/// Finds reports in a window or in bytes.
struct ReportStream {
  /// The largest report, bytes.
  static let limit = 64 << 20
  private let take: (FleetItem) throws -> Void
  private let path: String
  private let limit: Int
  private var pending: ReportSummary?
  private var first: ReportProblem?
  private var more = 0
  private var isEmpty = true

  /// Begins a text.
  ///
  /// - Parameters:
  ///   - path: What the text is called.
  ///   - limit: The largest report, bytes.
  init(_ path: String, limit: Int = Self.limit, _ take: @escaping (FleetItem) throws -> Void) {
    self.path = path
    self.limit = limit
    self.take = take
  }

  /// What one look at some bytes gave.
  private enum Look {
    case report(ReportSummary, end: Int)
    /// A document that is no report, or damage up to a place.
    case problem(ReportProblem, end: Int)
    /// The bytes may be only the beginning.
    case cut(ReportProblem)
    case blank
  }

  private static func look(
    _ bytes: UnsafeBufferPointer<UInt8>, line: Int, isAll: Bool
  ) -> Look {
    var cursor = JSONCursor(bytes, line: line)
    cursor.skipBlanks()
    guard !cursor.isAtEnd else { return .blank }
    var scan = ReportScan()
    do throws(ReportProblem) { try scan.run(&cursor) } catch {
      // A literal or a sequence of UTF-8 that is cut ends up to five bytes before the end.
      if !isAll, cursor.at + 6 > bytes.count { return .cut(error) }
      return .problem(error, end: Self.nextDocument(bytes, from: max(1, cursor.at - 1)))
    }
    do throws(ReportProblem) { return .report(try scan.summary(), end: cursor.at) } catch {
      return .problem(error, end: cursor.at)
    }
  }

  /// Where a line begins with a brace: behind damage the next document is looked for there.
  private static func nextDocument(_ bytes: UnsafeBufferPointer<UInt8>, from: Int) -> Int {
    var at = from
    while at < bytes.count {
      if bytes[at] == 123, bytes[at - 1] == 10 { return at }
      at += 1
    }
    return bytes.count
  }

  // MARK: - Inputs

  /// All documents of bytes that are whole.
  mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    var at = 0
    var line = 1
    while at < bytes.count {
      let rest = UnsafeBufferPointer(rebasing: bytes[at...])
      let end: Int
      switch Self.look(rest, line: line, isAll: true) {
      case .blank, .cut: end = rest.count
      case .report(let report, let after):
        try found(report)
        end = after
      case .problem(let problem, let after):
        note(problem)
        end = after
      }
      line += rest[..<end].reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
      at += end
    }
    try finish()
  }

  /// All documents of an input.
  mutating func read(_ window: inout ByteWindow) throws {
    do {
      if window.count == 0 { _ = try window.more() }
      while window.count > 0 {
        try step(&window)
        if window.count == 0 { _ = try window.more() }
      }
    } catch let problem as ReportProblem {
      note(problem)
    }
    try finish()
  }

  /// Takes one document from the front.
  private mutating func step(_ window: inout ByteWindow) throws {
    let line = window.lines + 1
    let isAll = window.isAtEnd
    switch window.withBytes({ Self.look($0, line: line, isAll: isAll) }) {
    case .blank: window.pass(window.count, countingLines: true)
    case .report(let report, let end):
      try found(report)
      window.pass(end, countingLines: true)
    case .problem(let problem, let end):
      note(problem)
      if end < window.count { window.pass(end, countingLines: true) } else { try seek(&window) }
    case .cut:
      guard window.count <= limit else {
        note(ReportProblem("is larger than \(limit >> 20) MiB"))
        return try seek(&window)
      }
      // Doubling: what is there is looked at twice at most.
      _ = try window.has(window.count * 2)
    }
  }

  /// Passes everything up to the next line that begins with a brace, or to the end.
  private func seek(_ window: inout ByteWindow) throws {
    while true {
      // The last byte stays: it may be the newline before the brace.
      window.pass(max(window.count - 1, 0), countingLines: true)
      guard try window.more() else { break }
      let next = window.withBytes { Self.nextDocument($0, from: 1) }
      if next < window.count { return window.pass(next, countingLines: true) }
    }
    window.pass(window.count)
  }

  // MARK: - What was found

  private mutating func found(_ report: ReportSummary) throws {
    isEmpty = false
    if let pending { try take(FleetItem(path: path, reports: [pending], isLast: false)) }
    pending = report
  }

  private mutating func note(_ problem: ReportProblem) {
    isEmpty = false
    if first == nil { first = problem } else { more += 1 }
  }

  private mutating func finish() throws {
    if isEmpty { first = ReportProblem("the file is empty") }
    var problem = first
    if more > 0, let reason = first?.reason {
      problem = ReportProblem("\(reason); and \(more) more that are no reports")
    }
    try take(
      FleetItem(path: path, reports: pending.map { [$0] } ?? [], problem: problem, isLast: true))
  }
}
