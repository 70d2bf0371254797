import Foundation
import Glibc
import TestSupport
import Testing

/// What libvirt's hook gets back.
@Suite struct HookCommandTests {
  /// The hook's standard output, the definition coming through a socket: there /dev/stdin can't be
  /// opened, as in a chroot without it.
  private func answer(_ text: String, _ arguments: [String]) throws -> String {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    let writer = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    try writer.write(contentsOf: Data(text.utf8))
    shutdown(ends[0], Int32(SHUT_WR))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = ["hook", "--"] + arguments
    process.standardInput = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: ["<domain/>\n", "no XML at all", ""])
  func whatItCannotJudgeComesBackAsItCame(text: String) throws {
    #expect(try answer(text, ["guest", "migrate", "begin", "-"]) == text)
  }

  @Test func otherOperationsGetNoAnswer() throws {
    #expect(try answer("<domain/>\n", ["guest", "start", "begin", "-"]) == "")
  }
}
