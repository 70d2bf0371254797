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
    // Both streams go through pipes, so that a limit on file sizes does not hit them.
    process.arguments =
      [
        "-c",
        "{ (\(prelude); exec \"$0\" \"$@\"); } 2> >(cat >\(err)) > >(cat >\(out)); code=$?; wait; exit $code",
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
}
