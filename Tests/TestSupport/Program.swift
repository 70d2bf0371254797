// Runs the built program as a user does.

import Foundation

/// The built program.
public enum Program {
  /// What a run left.
  public struct Outcome: Sendable {
    /// The exit code.
    public let status: Int32
    /// Standard output.
    public let output: String
    /// Standard error.
    public let errors: String
  }

  /// Where the program is: beside the test bundle.
  public static let path: String = {
    let bundle = CommandLine.arguments.first.map { URL(fileURLWithPath: $0) }
    var directory = bundle?.deletingLastPathComponent() ?? URL(fileURLWithPath: ".")
    for _ in 0..<5 {
      let candidate = directory.appendingPathComponent("tuned-vm").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      directory.deleteLastPathComponent()
    }
    return SchemaCheck.packageRoot.appendingPathComponent(".build/debug/tuned-vm").path
  }()

  /// Runs the program.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - prelude: Shell text before it, for instance `ulimit -f 0`.
  public static func run(_ arguments: [String], prelude: String = ":") throws -> Outcome {
    let files = TemporaryTree()
    let (out, err) = (files.path + "/out", files.path + "/err")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    // Under `make coverage` the counts of a program that is hindered would be cut off.
    let uncounted = prelude == ":" ? "" : "export LLVM_PROFILE_FILE=/dev/null; "
    // Both streams go through pipes, so that a limit on file sizes does not hit them.
    process.arguments =
      [
        "-c",
        "{ (\(uncounted)\(prelude); exec \"$0\" \"$@\"); } 2> >(cat >\(err)) > >(cat >\(out)); code=$?; wait; exit $code",
        path,
      ]
      + arguments
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    func text(_ path: String) -> String {
      (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
    return Outcome(status: process.terminationStatus, output: text(out), errors: text(err))
  }

  /// Runs the program on a terminal of its own and answers what it asks there.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - answer: Called when it has asked; what it gives is typed.
  /// - Returns: What it left; the errors are all that the terminal shows.
  public static func run(_ arguments: [String], answering answer: () -> String) throws -> Outcome {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: CInt = 0
    var locked: CInt = 0
    // TIOCGPTN and TIOCSPTLCK, which the module hides (asm-generic/ioctls.h).
    guard terminal >= 0, ioctl(terminal, 0x8004_5430, &number) == 0,
      ioctl(terminal, 0x4004_5431, &locked) == 0
    else { throw CocoaError(.fileNoSuchFile) }
    defer { close(terminal) }
    let theirs = FileHandle(
      fileDescriptor: open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC),
      closeOnDealloc: false)
    let files = TemporaryTree()
    files.write("/out", "")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = theirs
    process.standardError = theirs
    process.standardOutput = FileHandle(forWritingAtPath: files.path + "/out")
    try process.run()
    try theirs.close()
    var shown: [UInt8] = []
    var isAnswered = false
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(terminal, &buffer, buffer.count), count > 0 {
      shown += buffer[..<count]
      guard !isAnswered, String(decoding: shown, as: UTF8.self).hasSuffix("[y/N] ") else {
        continue
      }
      isAnswered = true
      let typed = Array(answer().utf8)
      _ = write(terminal, typed, typed.count)
    }
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: files.text("/out") ?? "",
      errors: String(decoding: shown, as: UTF8.self))
  }
}
