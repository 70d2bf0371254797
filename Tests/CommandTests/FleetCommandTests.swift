import Foundation
import TestSupport
import Testing

@testable import TuneKit

@Suite struct FleetCommandTests {
  private let directory = TemporaryTree()

  private func fleet(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(["fleet"] + arguments + ["--state-dir", directory.path + "/state"])
  }

  /// Reports of as many hosts, the program's own but for name and time.
  private func write(_ count: Int, to place: String) throws {
    let tree = try CapturedHost("two-nodes").unpacked()
    let text = try Program.run(["audit", "--root", tree.path, "--format", "json"]).output
    let parts = text.components(separatedBy: "\"host\":{\"name\":null,\"id\":null")
    try #require(parts.count == 2)
    for number in 0..<count {
      directory.write(
        "\(place)/\(number).json",
        parts.joined(separator: "\"host\":{\"name\":\"h\(number)\",\"id\":null"))
    }
  }

  private func counts() throws -> (hosts: Int?, reports: Int?) {
    let outcome = try fleet("report", "--format", "json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let counts = try JSONValue(parsing: outcome.output)["counts"]
    return (counts?["hosts"]?.intValue, counts?["reports"]?.intValue)
  }

  @Test func auditAndDriftComeTogetherOnOnePage() throws {
    let tree = try CapturedHost("two-nodes").unpacked()
    tree.write("/proc/sys/kernel/hostname", "node7\n")
    let common = ["--root", tree.path, "--state-dir", directory.path]
    #expect(try Program.run(["baseline", "save"] + common).status == 0)
    tree.write("/proc/sys/vm/swappiness", "61\n")
    for command in ["audit", "drift"] {
      let file = directory.path + "/in/\(command).json"
      directory.makeParents("/in/x")
      let outcome = try Program.run(
        [command, "--format", "json", "--output", file, "--root", tree.path]
          + (command == "drift" ? ["--state-dir", directory.path] : []))
      #expect(outcome.status <= 1, "\(outcome.errors)")
    }
    let ingest = try fleet("ingest", directory.path + "/in")
    #expect(
      (ingest.status, ingest.output) == (0, "2 reports taken in, 0 were known, 0 put aside\n"))
    let text = try fleet("report").output
    #expect(text.hasPrefix("1 hosts,") || text.hasPrefix("1 host,"), "\(text)")
    #expect(text.contains("Drifted\n      1  node7  "), "\(text)")
    for format in ["text", "json", "html", "csv"] {
      let outcome = try fleet("report", "--format", format)
      #expect(outcome.status == 0 && outcome.output.utf8.last == 10)
      if format == "json", SchemaCheck.isAvailable {
        #expect(try SchemaCheck.complaints(about: outcome.output, schema: "fleet") == "")
      }
    }
  }

  @Test func standardInputIsAPathToo() throws {
    try write(3, to: "/in")
    let outcome = try Program.run(
      ["fleet", "ingest", "-", "--state-dir", directory.path],
      prelude: "exec < <(cat \(directory.path)/in/*.json)")
    #expect(outcome.output == "3 reports taken in, 0 were known, 0 put aside\n")
    let archive = try Program.run(
      ["fleet", "ingest", "-", "--state-dir", directory.path],
      prelude: "exec < <(tar -cf - -C \(directory.path) in)")
    #expect(archive.output == "0 reports taken in, 3 were known, 0 put aside\n")
  }

  @Test func aDamagedReportIsNamedAndItIsOne() throws {
    try write(2, to: "/in")
    directory.write("/in/bad\u{1B}[2J.json", "{")
    let outcome = try fleet("ingest", directory.path + "/in")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("2 reports taken in, 0 were known, 1 put aside"))
    #expect(outcome.errors.contains("bad\\u{1b}[2J.json:1:2: "))
    let missing = try fleet("ingest", directory.path + "/in/0.json", directory.path + "/none")
    #expect(missing.status == 66)
    #expect(try fleet("report", "--store", "mysql://x").status == 64)
    #expect(try fleet("report", "--since", "yesterday").status == 64)
    #expect(try fleet("report", "--since", "2026-11-24").status == 0)
  }

  @Test func aKilledIngestLeavesAWholeStoreAndIsRepeated() throws {
    try write(600, to: "/in")
    var seen = 0
    for tenth in [1, 2, 3, 5, 8, 13, 21] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = [
        "fleet", "ingest", directory.path + "/in", "--state-dir", directory.path + "/state",
      ]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      usleep(UInt32(tenth) * 20_000)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let found = try #require(try counts().reports)
      // What was there stays.
      #expect(found >= seen)
      seen = found
    }
    let again = try fleet("ingest", directory.path + "/in")
    #expect(again.status == 0)
    #expect(again.output.contains("\(600 - seen) reports taken in, \(seen) were known"))
    let whole = try counts()
    #expect((whole.hosts, whole.reports) == (600, 600))
  }

  @Test func twoIngestsAtOnceLoseNothing() async throws {
    try write(300, to: "/in")
    let arguments = [
      "fleet", "ingest", directory.path + "/in", "--state-dir", directory.path + "/state",
    ]
    async let first = Program.run(arguments)
    async let second = Program.run(arguments)
    let outcomes = try await [first, second]
    #expect(outcomes.map(\.status) == [0, 0], "\(outcomes.map(\.errors))")
    #expect(try counts().reports == 300)
  }
}
