// Standard output and standard error: what is written, and what happens when the reader is gone.

import Glibc
import TuneKit

enum Terminal {
  /// A closed pipe is no reason to die in the middle of a transaction: writes fail with EPIPE
  /// instead, and `write` stops quietly.
  static func survivesClosedPipes() {
    signal(SIGPIPE, SIG_IGN)
  }

  /// Says something on standard error, one line each, control characters made visible. What is
  /// about a place in an input begins with that place, as compilers do it; anything else with the
  /// program's name.
  static func complain(_ lines: [String]) {
    for line in lines {
      let lead = MessagePlace.begins(line) ? "" : "tuned-vm: "
      put("\(lead)\(Escape.text(line))\n", to: STDERR_FILENO)
    }
  }

  /// Writes a result to standard output; a closed pipe ends it quietly.
  static func write(_ text: String) throws(Failure) { try check(put(text, to: STDOUT_FILENO)) }

  /// Writes UTF-8 to standard output.
  static func write(_ bytes: [UInt8]) throws(Failure) {
    try check(bytes.withUnsafeBufferPointer { put($0, to: STDOUT_FILENO) })
  }

  private static func check(_ isWritten: Bool) throws(Failure) {
    guard isWritten || errno == EPIPE else {
      throw Failure(
        .ioError, "cannot write to standard output: \(String(cString: strerror(errno)))")
    }
  }

  /// Shows what a question is about, on standard error; the text is safe already.
  static func say(_ text: String) { put(text, to: STDERR_FILENO) }

  /// Asks on standard error; only a clear yes is one.
  static func ask(_ question: String) -> Bool {
    put("\n\(Escape.text(question)) [y/N] ", to: STDERR_FILENO)
    guard let answer = readLine() else { return false }
    return ["y", "yes"].contains(answer.trimmedBlanks.lowercased())
  }

  /// Shows how far moving a guest's memory came, on one line that is written over.
  static func showMove(_ name: String, _ seen: Int, _ all: Int) {
    let end = seen >= all ? "\n" : ""
    put(
      "\rmoving the memory of \(Escape.text(name)): \(seen / 1024) of \(all / 1024) MiB\(end)",
      to: STDERR_FILENO)
  }

  /// Whether standard output is a terminal.
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether both ends of a question are a terminal.
  static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal; 80 where there is none. `COLUMNS` wins.
  static var columns: Int {
    if let text = getenv("COLUMNS"), let value = Int(String(cString: text)), value > 20 {
      return min(value, 500)
    }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether NO_COLOR is set to anything (no-color.org), or the terminal is a dumb one.
  static var refusesColour: Bool {
    if let value = getenv("NO_COLOR"), value.pointee != 0 { return true }
    guard let terminal = getenv("TERM") else { return false }
    return String(cString: terminal) == "dumb"
  }

  /// Whether the terminal can't take a line back.
  static var refusesCursor: Bool {
    guard let terminal = getenv("TERM") else { return true }
    return String(cString: terminal) == "dumb"
  }

  @discardableResult
  private static func put(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { put($0, to: descriptor) }
  }

  private static func put(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Bool {
    Progress.clear()
    guard let start = bytes.baseAddress else { return true }
    var offset = 0
    while offset < bytes.count {
      let count = Glibc.write(descriptor, start + offset, bytes.count - offset)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }
}
