// A part of an input in memory: documents and archives of any size pass through it.

import Glibc

/// Reads an open file in order. `bytes` is what was read and not passed yet.
struct ByteWindow {
  /// The smallest size, bytes.
  private static let least = 1 << 18
  private var buffer = [UInt8](repeating: 0, count: least)
  private var handle: Int32 = -1
  private var start = 0
  private var end = 0
  /// Bytes that were passed, from the beginning of the input.
  private(set) var passed = 0
  /// Lines that were passed.
  private(set) var lines = 0
  /// Whether nothing is left to read.
  private(set) var isAtEnd = false

  /// Bytes in the window.
  var count: Int { end - start }

  /// Begins another input; the memory is used again.
  mutating func begin(_ handle: Int32) {
    self.handle = handle
    if buffer.count > Self.least { buffer = [UInt8](repeating: 0, count: Self.least) }
    (start, end, passed, lines, isAtEnd) = (0, 0, 0, 0, false)
  }

  /// Lends the window.
  func withBytes<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    buffer.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<end])) }
  }

  /// Passes bytes of the window.
  mutating func pass(_ count: Int, countingLines: Bool = false) {
    let count = min(count, end - start)
    if countingLines {
      let newlines = withBytes { $0[..<count].reduce(0) { $0 + ($1 == 10 ? 1 : 0) } }
      lines += newlines
    }
    start += count
    passed += count
  }

  /// Reads more behind what is there; false at the end of the input.
  ///
  /// - Throws: `ReportProblem` where reading fails.
  mutating func more() throws(ReportProblem) -> Bool {
    guard !isAtEnd else { return false }
    if end == buffer.count { makeRoom() }
    while true {
      let (handle, place) = (handle, end)
      let count = buffer.withUnsafeMutableBytes { bytes in
        read(handle, bytes.baseAddress.map { $0 + place }, bytes.count - place)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw ReportProblem(String(cString: strerror(errno))) }
      isAtEnd = count == 0
      end += count
      return count > 0
    }
  }

  /// Whether so many bytes are in the window, once more was read.
  mutating func has(_ count: Int) throws(ReportProblem) -> Bool {
    while self.count < count {
      guard try more() else { return false }
    }
    return true
  }

  /// Passes bytes that need not be looked at.
  ///
  /// - Returns: Whether there were so many.
  mutating func skip(_ count: Int) throws(ReportProblem) -> Bool {
    var rest = count
    while rest > self.count {
      rest -= self.count
      pass(self.count)
      guard try more() else { return false }
    }
    pass(rest)
    return true
  }

  private mutating func makeRoom() {
    guard start == 0 else {
      let (from, count) = (start, end - start)
      buffer.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        memmove(base, base + from, count)
      }
      (start, end) = (0, end - start)
      return
    }
    buffer += [UInt8](repeating: 0, count: buffer.count)
  }
}
