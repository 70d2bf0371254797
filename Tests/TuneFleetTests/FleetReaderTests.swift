import Foundation
import TestSupport
import Testing

@testable import TuneFleet
@testable import TuneKit

@Suite struct FleetReaderTests {
  private static func audit(_ name: String) -> String { ReportScannerTests.audit(name) }

  /// Archives by an independent writer, as operators make them.
  private static func archive(_ program: String, in scene: FleetScene) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.currentDirectoryURL = URL(fileURLWithPath: scene.directory.path)
    let prelude = """
      import io, sys, tarfile
      def add(name, data=b"", format=None, type=tarfile.REGTYPE, link=""):
          info = tarfile.TarInfo(name); info.type = type; info.linkname = link; info.size = len(data)
          tar.addfile(info, io.BytesIO(data))
      def audit(name): return sys.argv[1].replace("NAME", name).encode()
      """
    process.arguments = ["python3", "-c", prelude + "\n" + program, audit("NAME")]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func whatIsNotThereIsNamed() throws {
    let scene = try FleetScene()
    let failure = #expect(throws: Failure.self) { try scene.items("/absent") }
    #expect(failure?.status == .noInput)
    #expect(
      failure?.messages
        == ["cannot read '\(scene.directory.path)/absent': No such file or directory"])
  }

  @Test(arguments: ["PAX_FORMAT", "GNU_FORMAT", "USTAR_FORMAT"])
  func archivesOfAllWritersAreRead(format: String) throws {
    let scene = try FleetScene()
    let long = format == "USTAR_FORMAT" ? 90 : 300
    try Self.archive(
      """
      tar = tarfile.open("a.tar", "w", format=tarfile.\(format))
      add("dir", type=tarfile.DIRTYPE)
      add("dir/a.json", audit("a"))
      add("d" * \(long) + "/b.json", audit("b"))
      add("notes.txt", b"nothing")
      add("c.json", audit("c") + b"\\n" + audit("d"))
      tar.close()
      """, in: scene)
    let items = try scene.items("/a.tar")
    #expect(items.flatMap(\.reports).map(\.name) == ["a", "b", "c", "d"])
    #expect(items.allSatisfy { $0.problem == nil })
  }

  @Test func whatIsNoReportInAnArchiveIsNamed() throws {
    let scene = try FleetScene()
    scene.directory.write("/secret.json", Self.audit("secret"))
    try Self.archive(
      """
      tar = tarfile.open("a.tar", "w")
      add("../../etc/evil.json", audit("evil"))
      add("link.json", type=tarfile.SYMTYPE, link="secret.json")
      add("hard.json", type=tarfile.LNKTYPE, link="/etc/shadow")
      add("pipe.json", type=tarfile.FIFOTYPE)
      add("device.json", type=tarfile.CHRTYPE)
      add("bad.json", b"{")
      add("good.json", audit("good"))
      tar.close()
      """, in: scene)
    let before = scene.directory.contents()
    let items = try scene.items("/a.tar")
    #expect(items.flatMap(\.reports).map(\.name) == ["good"])
    let named = items.compactMap { item in
      item.problem.map { "\(item.path.split(separator: ":").last ?? ""): \($0.reason)" }
    }
    #expect(
      named == [
        "../../etc/evil.json: its name leaves the archive",
        "link.json: is a link; only files are read", "hard.json: is a link; only files are read",
        "pipe.json: is no regular file", "device.json: is no regular file",
        "bad.json: 1:2: expected a string",
      ])
    #expect(scene.directory.contents() == before)
  }

  @Test func anArchiveThatIsCutLosesOnlyTheRest() throws {
    let scene = try FleetScene()
    try Self.archive(
      """
      tar = tarfile.open("a.tar", "w")
      for n in "abc": add(n + ".json", audit(n))
      tar.close()
      """, in: scene)
    let whole = try Array(Data(contentsOf: URL(fileURLWithPath: scene.directory.path + "/a.tar")))
    for length in stride(from: 0, to: 5000, by: 97) {
      scene.directory.write("/cut.tar", bytes: Array(whole.prefix(length)))
      let items = try scene.items("/cut.tar")
      let names = items.flatMap(\.reports).compactMap(\.name)
      #expect(["a", "b", "c"].starts(with: names))
      #expect(names.count == 3 || length % 512 == 0 || items.contains { $0.problem != nil })
    }
  }

  @Test func aMemberThatClaimsMoreThanThereIsCostsNothing() throws {
    let scene = try FleetScene()
    try Self.archive(
      """
      info = tarfile.TarInfo("huge.json"); info.size = 1 << 50
      open("a.tar", "wb").write(info.tobuf(tarfile.GNU_FORMAT) + b"x" * 600)
      info.size = 70 << 20
      open("b.tar", "wb").write(info.tobuf() + b"x" * 600)
      info.size = 5000
      open("c.tar", "wb").write(info.tobuf() + b"x" * 600)
      """, in: scene)
    for (name, reason) in [
      ("/a.tar", "1:1: expected an object"), ("/b.tar", "is larger than 64 MiB"),
      ("/c.tar", "the archive is cut off in 'huge.json'"),
    ] {
      let items = try scene.items(name)
      #expect(items.flatMap(\.reports).isEmpty)
      #expect(items.contains { $0.problem?.reason == reason }, "\(items.map(\.problem))")
    }
  }

  @Test func damageInAnArchiveIsToldWithItsPlace() throws {
    let scene = try FleetScene()
    try Self.archive(
      """
      tar = tarfile.open("a.tar", "w")
      for n in "ab": add(n + ".json", audit(n))
      tar.close()
      note = tarfile.TarInfo("note"); note.type = tarfile.XHDTYPE; note.size = (1 << 20) + 1
      open("b.tar", "wb").write(note.tobuf() + b"x" * 600)
      """, in: scene)
    var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: scene.directory.path + "/a.tar")))
    let second = 512 + (Self.audit("a").utf8.count + 511) / 512 * 512
    bytes[second] ^= 1
    scene.directory.write("/a.tar", bytes: bytes)
    let items = try scene.items("/a.tar")
    #expect(items.flatMap(\.reports).map(\.name) == ["a"])
    #expect(items.last?.problem?.reason == "the archive is damaged at byte \(second)")
    scene.directory.write("/c.tar", bytes: Array(bytes.prefix(second + 100)))
    #expect(
      try scene.items("/c.tar").last?.problem?.reason
        == "the archive is cut off at byte \(second)")
    // What is said about a name is no place to hide a file in.
    #expect(
      try scene.items("/b.tar").map(\.problem?.reason) == ["the archive is damaged at byte 512"])
  }

  @Test func aReportWithoutAnEndIsNotKeptInMemory() throws {
    let scene = try FleetScene()
    let blanks = [UInt8](repeating: 32, count: 3 << 20)
    scene.directory.write("/a.json", bytes: [123] + blanks + [10] + Array(Self.audit("a").utf8))
    let file = open(scene.directory.path + "/a.json", O_RDONLY)
    defer { close(file) }
    var window = ByteWindow()
    window.begin(file)
    var items: [FleetItem] = []
    var stream = ReportStream("a", limit: 1 << 20) { items.append($0) }
    try stream.read(&window)
    #expect(items.map(\.problem?.reason) == ["is larger than 1 MiB"])
    #expect(items.flatMap(\.reports).map(\.name) == ["a"])
  }

  @Test func damageInOneDocumentOfSeveralCostsThatOne() throws {
    let scene = try FleetScene()
    let cut = String(Self.audit("cut").dropLast(20))
    scene.directory.write(
      "/a.json",
      [Self.audit("a"), cut, Self.audit("b"), "{\"schema\":1}", Self.audit("c")].joined(
        separator: "\n"))
    let items = try scene.items("/a.json")
    #expect(items.flatMap(\.reports).map(\.name) == ["a", "b", "c"])
    let reason = try #require(items.last?.problem?.reason)
    #expect(reason.hasPrefix("2:") || reason.hasPrefix("3:"), "\(reason)")
    #expect(reason.hasSuffix("; and 1 more that are no reports"))
  }

  @Test func documentsMayLieAcrossTheWindow() throws {
    let scene = try FleetScene()
    // The window begins with 256 KiB; documents end before, at and behind its end.
    for padding in (262_144 - 1200)..<(262_144 - 900) where padding % 7 == 0 {
      let text =
        String(repeating: " ", count: padding) + Self.audit("a") + "\n"
        + Self.audit("b\\u00e9\u{20AC}")
      scene.directory.write("/a.json", text)
      #expect(try scene.items("/a.json").flatMap(\.reports).count == 2)
    }
  }

  @Test func garbageOfAnySizeIsPutAside() throws {
    let scene = try FleetScene()
    scene.directory.write(
      "/a.json", String(repeating: "{\n[", count: 400_000) + "\n" + Self.audit("a"))
    let items = try scene.items("/a.json")
    #expect(items.last?.problem != nil)
    #expect(items.flatMap(\.reports).map(\.name) == ["a"])
    scene.directory.write("/b.json", bytes: [UInt8](repeating: 0x22, count: 1 << 20))
    #expect(try scene.items("/b.json").last?.problem != nil)
    scene.directory.write("/c.json", "")
    #expect(try scene.items("/c.json").last?.problem?.reason == "the file is empty")
    scene.directory.write("/d.json", bytes: [0x1F, 0x8B, 8, 0])
    #expect(try scene.items("/d.json").last?.problem?.reason.contains("gzip") == true)
  }

  @Test func linksAndFIFOsInADirectoryAreNotFollowed() throws {
    let scene = try FleetScene()
    scene.directory.write("/in/a.json", Self.audit("a"))
    scene.directory.write("/secret/b.json", Self.audit("b"))
    scene.directory.link("/in/link.json", to: scene.directory.path + "/secret/b.json")
    scene.directory.link("/in/down", to: scene.directory.path + "/secret")
    scene.directory.link("/in/loop", to: ".")
    scene.directory.fifo("/in/fifo.json")
    #expect(try scene.items("/in").flatMap(\.reports).map(\.name) == ["a"])
  }
}
