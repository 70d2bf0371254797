// What is read of captured hosts is what their own kernel's tools said there.

import TestSupport
import Testing
import TuneHost
import TuneKit

@Suite struct CapturedHostTests {
  @Test func thereAreHostsOfManyShapes() {
    #expect(CapturedHost.names.count >= 8)
  }

  @Test(arguments: CapturedHost.names)
  func nodesAreWhatNumactlSaid(name: String) throws {
    let host = try CapturedHost(name)
    let topology = try topology(of: host)
    let said = Numactl(host.oracle("numactl"))

    #expect(!said.cpus.isEmpty)
    #expect(Dictionary(uniqueKeysWithValues: topology.nodes.map { ($0.id, $0.cpus) }) == said.cpus)
    for node in topology.nodes {
      #expect(node.memoryKiB.map { $0 / 1024 } == said.memoryMiB[node.id])
      #expect(node.distances == said.distances[node.id])
    }
  }

  @Test(arguments: CapturedHost.names)
  func coresPackagesAndCachesAreWhatLstopoSaid(name: String) throws {
    let host = try CapturedHost(name)
    let topology = try topology(of: host)
    func count(_ tool: String) -> Int { host.oracle(tool).split(separator: "\n").count }

    #expect(topology.cores.count == count("cores"))
    #expect(topology.packages.count == count("packages"))
    #expect(topology.l3Groups.count == count("l3"))
    #expect(topology.online.value?.count == count("pus"))
  }

  private func topology(of host: CapturedHost) throws -> Topology {
    let tree = host.unpacked()
    return Facts(try HostProbe.snapshot(ProbeRequest(root: tree.path))).topology
  }
}

/// `numactl -H`, by node.
private struct Numactl {
  var cpus: [Int: CPUSet] = [:]
  var memoryMiB: [Int: Int] = [:]
  var distances: [Int: [Int: Int]] = [:]

  init(_ text: String) {
    var columns: [Int] = []
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { " :".contains($0) }).map(String.init)
      let numbers = words.compactMap { Int($0) }
      if words.count >= 3, words[0] == "node", words[2] == "cpus" {
        cpus[numbers[0]] = CPUSet(numbers.dropFirst())
      } else if words.count >= 4, words[2] == "size" {
        memoryMiB[numbers[0]] = numbers[1]
      } else if words.first == "node", words.count == numbers.count + 1 {
        columns = numbers
      } else if words.count == columns.count + 1, numbers.count == words.count {
        distances[numbers[0]] = Dictionary(
          uniqueKeysWithValues: zip(columns, numbers.dropFirst()))
      }
    }
  }
}
