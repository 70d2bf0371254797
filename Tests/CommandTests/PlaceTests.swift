import Glibc
import TestSupport
import Testing
import TuneKit

@Suite struct PlaceTests {
  private static let fixtures = CapturedHost.fixtures + "/placement"
  private static func instance(_ name: String) -> String { "\(fixtures)/instances/\(name).json" }

  /// What the independent checker says of a solution.
  private func verdict(_ instance: String, _ solution: String) throws -> String {
    let files = TemporaryTree()
    files.write("/solution.json", solution)
    let command = "python3 -B \(Self.fixtures)/judge.py \(instance) \(files.path)/solution.json"
    guard let stream = popen(command, "r") else { return "no python3" }
    defer { pclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, stream)
    let output = String(decoding: bytes[..<count], as: UTF8.self)
    return String(output.split(separator: "\n").first ?? "")
  }

  @Test(arguments: [
    "s03-tiny2n-120-dedicated", "s07-xeon2s-85-realtime", "s15-halfreserved-100-dedicated",
    "s19-epyc-nps4-90-mixed",
  ])
  func theCheckerAgreesWithTheCost(_ name: String) throws {
    let run = try Program.run([
      "place", Self.instance(name), "--format", "json", "--time-limit", "300",
    ])
    #expect(run.status == 0)
    let json = try JSONValue(parsing: run.output)
    let cost = try #require(json["cost"]?.intValue)
    let bound = try #require(json["bound"]?.intValue)
    #expect(try verdict(Self.instance(name), run.output) == "valid cost=\(cost)")
    #expect(bound <= cost)
    let unplaced = try #require(json["unplaced"]?.arrayValue)
    #expect(run.errors.split(separator: "\n").count == unplaced.count)
  }

  @Test func theSameSeedGivesTheSameBytes() throws {
    let arguments = ["place", Self.instance("s10-xeon2s-interleaved-100-dedicated"), "--seed", "4"]
    #expect(try Program.run(arguments).output == Program.run(arguments).output)
  }

  @Test func mistakesEndWithTheirCodes() throws {
    let files = TemporaryTree()
    files.write("/bad.json", "{\n \"format\": 7}")
    let bad = try Program.run(["place", files.path + "/bad.json"])
    #expect(bad.status == 65)
    #expect(bad.output.isEmpty)
    #expect(bad.errors.contains("bad.json:2:12: format: expected a string, found an integer"))
    #expect(try Program.run(["place", files.path + "/none.json"]).status == 66)
    let good = Self.instance("s01-tiny4-100-nosmt")
    #expect(try Program.run(["place", good, "--format", "xml"]).status == 64)
    #expect(try Program.run(["place", good, "--time-limit", "0"]).status == 64)
    let both = try Program.run(["place", good, "--what-if", "2:1024"])
    #expect(both.status == 64)
    #expect(
      both.errors
        == "tuned-vm: --what-if adds a VM to this host; an instance file has its own\n")
    #expect(try Program.run(["advise", "-w", "x"]).status == 64)
  }

  private static let pinned = """
    <domain type='kvm'>
      <name>db</name>
      <memory unit='MiB'>64</memory>
      <vcpu>2</vcpu>
      <cputune>
        <vcpupin vcpu='0' cpuset='1'/>
        <vcpupin vcpu='1' cpuset='5'/>
      </cputune>
    </domain>
    """

  @Test func aDomainSpreadOverNodesIsBroughtTogether() throws {
    let tree = try CapturedHost("two-nodes").unpacked()
    tree.write("/db.xml", Self.pinned)
    let arguments = ["place", "--root", tree.path, "--domain-xml", tree.path + "/db.xml"]
    let text = try Program.run(arguments)
    #expect(text.status == 0, "\(text.errors)")
    #expect(text.output.contains("nothing can be better"))
    #expect(text.output.contains("cputune/vcpupin[@vcpu='"))
    let json = try Program.run(arguments + ["--format", "json", "--what-if", "2:32"])
    #expect(json.output.contains("\"what-if\": {"))
    #expect(json.output.contains("\"changes\": {"))
  }

  @Test func theAdviserAnswersAsNumadDoes() throws {
    let tree = try CapturedHost("two-nodes").unpacked()
    let one = try Program.run(["advise", "-w", "2:64", "--root", tree.path])
    #expect(one.status == 0)
    #expect(["0\n", "1\n"].contains(one.output))
    let wide = try Program.run(["advise", "-w", "6:64", "--root", tree.path])
    #expect(wide.output == "0-1\n")
  }
}
