import Testing

@testable import TuneKit

@Suite struct TopologyRenderingTests {
  private let host = Snapshot.exampleHost(
    nodes: 2, coresPerNode: 2, threads: 2, pages2M: (512, 10)
  )
  .with(
    running: DomainXML.example(
      name: "db1", vcpus: 2,
      extra: "<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='6'/></cputune>"
        + "<numatune><memory mode='strict' nodeset='1'/></numatune>")
  )
  .with(domain: DomainXML.example(name: "web\u{202e}x"))

  @Test func theDrawingShowsGuestsOnCoresAndNodes() {
    let text = TopologyText(Facts(host), width: 80).text
    let lines = text.split(separator: "\n").map(String.init)
    #expect(text.contains("L3 35.7 MiB  2 a0  3"))
    #expect(text.contains("             6 a1  7"))
    #expect(text.contains("guests       a 4 GiB bound"))
    #expect(text.contains("pages        512 × 2 MiB, 10 free"))
    #expect(text.contains("devices      nvme0n1"))
    #expect(text.contains("b  web"))
    #expect(!text.contains("\u{202e}"))
    #expect(lines.allSatisfy { Columns.width($0) <= 80 })
  }

  @Test(arguments: [60, 80, 200])
  func everyLineFits(width: Int) {
    let large = Facts(.exampleHost(nodes: 8, coresPerNode: 32, threads: 2))
    let text = TopologyText(large, width: width).text
    #expect(text.split(separator: "\n").allSatisfy { Columns.width(String($0)) <= width })
    #expect(text.contains("node 7"))
  }

  @Test func packagesStandBesideEachOtherWhereThereIsRoom() {
    let wide = TopologyText(Facts(host), width: 200).text
    #expect(
      wide.split(separator: "\n").contains { $0.contains("package 0") && $0.contains("package 1") })
  }

  @Test func nothingKnownIsDrawnWithoutACrash() {
    let text = TopologyText(Facts(Snapshot()), width: 80).text
    #expect(text.contains("PUs unknown"))
  }

  @Test func theJSONHasTheFieldsOfTheContract() throws {
    let value = try JSONValue(parsing: TopologyJSON.text(Facts(host).topology))
    #expect(value["counts"]?["pus"]?.intValue == 8)
    #expect(value["numaNodes"]?[1]?["distances"]?["0"]?.intValue == 21)
    #expect(value["numaNodes"]?[0]?["hugepages"]?[0]?["free"]?.intValue == 10)
    #expect(value["cores"]?[0]?["cpus"]?.stringValue == "0,4")
    #expect(value["cores"]?[0]?["kind"]?.isNull == true)
    #expect(value["devices"]?[0]?["pci"]?.stringValue == "0000:3b:00.0")
    #expect(value["onlineCpus"]?.stringValue == "0-7")
    let nothing = try JSONValue(parsing: TopologyJSON.text(Topology(Snapshot())))
    #expect(nothing["onlineCpus"]?.isNull == true && nothing["allowedCpus"]?.isNull == true)
  }
}
