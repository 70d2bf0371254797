// Planted faults: nodes, bindings, devices on other nodes, sizes (rules.md §4, §11).

@testable import TuneKit

extension PlantedFault {
  private static let dbTune = "<memory mode='strict' nodeset='1'/>"
  private static let dbNode = "<memnode cellid='0' mode='strict' nodeset='1'/>"

  static let numa: [PlantedFault] = [
    // numa.vcpu-spread
    .edit("latency", "numa.vcpu-spread", "rt1", "vcpu='3' cpuset='7'", "vcpu='3' cpuset='17'"),
    .edit("db", "numa.vcpu-spread", "db1", "vcpu='6' cpuset='23'", "vcpu='6' cpuset='3'"),
    .edit("gpu", "numa.vcpu-spread", "train1", "vcpu='0' cpuset='28'", "vcpu='0' cpuset='8'"),
    .edit(
      "general-wide", "numa.vcpu-spread", "wide", "cpuset='16-31,48-63,^16,^48'", "cpuset='8-23'"),
    // numa.fits-node
    .edit(
      "general-virt-manager", "numa.fits-node", "web1", "'KiB'>8388608</memory>",
      "'GiB'>400</memory>"),
    // numa.memory-binding
    .edit(
      "latency", "numa.memory-binding", "rt1", "<memory mode='strict' nodeset='0'/>",
      "<memory mode='strict' nodeset='1'/>"),
    .edit(
      "latency", "numa.memory-binding", "rt1",
      "<numatune>\n    <memory mode='strict' nodeset='0'/>\n  </numatune>", ""),
    .edit(
      "db", "numa.memory-binding", "db1", dbNode, "<memnode cellid='0' mode='strict' nodeset='0'/>"),
    .edit(
      "db", "numa.memory-binding", "db1", "<numatune>\n    \(dbTune)\n    \(dbNode)\n  </numatune>",
      ""),
    .edit("general-wide", "numa.memory-binding", "wide", "nodeset='1'", "nodeset='0'"),
    .edit("general-wide", "numa.memory-binding", "wide", "nodeset='1'", "nodeset='0-1'"),
    .edit(
      "network", "numa.memory-binding", "fw1", "<memory mode='strict' nodeset='0'/>",
      "<memory mode='strict' nodeset='1'/>"),
    .edit(
      "hpc", "numa.memory-binding", "sim1",
      "<numatune>\n    <memory mode='strict' nodeset='0-1'/>\n"
        + "    <memnode cellid='0' mode='strict' nodeset='0'/>\n"
        + "    <memnode cellid='1' mode='strict' nodeset='1'/>\n  </numatune>", ""),
    // numa.mem-mode
    .edit(
      "latency", "numa.mem-mode", "rt1", "mode='strict' nodeset='0'", "mode='preferred' nodeset='0'"
    ),
    .edit(
      "hpc", "numa.mem-mode", "sim1", "cellid='1' mode='strict'", "cellid='1' mode='preferred'"),
    .edit(
      "gpu", "numa.mem-mode", "train1", "mode='strict' nodeset='1'", "mode='interleave' nodeset='1'"
    ),
    .edit("general-wide", "numa.mem-mode", "wide", "mode='preferred'", "mode='strict'")
      .and("'G'>24<", "'G'>200<"),
    // numa.guest-topology
    .edit(
      "hpc", "numa.guest-topology", "sim1", "cellid='0' mode='strict' nodeset='0'",
      "cellid='0' mode='strict' nodeset='1'"),
    .edit("hpc", "numa.guest-topology", "sim1", "vcpu='3' cpuset='11'", "vcpu='3' cpuset='28'"),
    .edit("hpc", "numa.guest-topology", "sim1", "id='0' cpus='0-3'", "id='0' cpus='0-2'"),
    .edit("hpc", "numa.guest-topology", "sim1", "cpus='4-7' memory='16'", "cpus='4-7' memory='8'"),
    .edit("hpc", "numa.guest-topology", "sim1", "cpus='4-7'", "cpus='3-7'"),
    .edit("db", "numa.guest-topology", "db1", "memory='32' unit='GiB'", "memory='16' unit='GiB'"),
    // numa.device-locality
    .edit(
      "latency", "numa.device-locality", "rt1/52:54:00:10:00:12",
      "<memory mode='strict' nodeset='0'/>", "<memory mode='strict' nodeset='1'/>"
    )
    .moved(from: ["4", "5", "6", "7"], to: ["24", "25", "26", "27"]).isolated("24-27"),
    .edit("gpu", "numa.device-locality", "train1/0000:af:00.0", "nodeset='1'", "nodeset='0'")
      .moved(from: ["28", "29", "30", "31"], to: ["8", "9", "10", "11"]),
    .host("gpu", "numa.device-locality", "train1/vda", runs: false) {
      $0.with("/sys/bus/pci/devices/0000:5e:00.0/numa_node", "0\n")
    },
    .host("db", "numa.device-locality", "db1/vda", runs: false) {
      $0.with("/sys/block/nvme0n1/device/numa_node", "0\n")
    },
    // numa.cpuless-node
    .host("general-wide", "numa.cpuless-node", "wide", runs: false) {
      $0.with("/sys/devices/system/node/node1/cpulist", "\n")
    },
    // numa.remote-memory
    .host("db", "numa.remote-memory", "db1") {
      $0.with(
        "/proc/4242/numa_maps", "7f00 bind:1 huge anon=9 N0=9000 N1=7000 kernelpagesize_kB=2048\n")
    },
    .host("latency", "numa.remote-memory", "rt1") {
      $0.with(
        "/proc/4242/numa_maps", "7f00 bind:0 huge anon=9 N0=12 N1=4 kernelpagesize_kB=1048576\n")
    },
    // size.*
    .edit("general-virt-manager", "size.vcpu-over-host", "web1", "static'>4<", "static'>80<"),
    .edit("secure", "size.vcpu-over-node", "vault", "static'>2<", "static'>40<"),
    .host("throughput", "size.cpu-overcommit", "host1") { host in
      (0..<20).reduce(host) {
        $0.beside(
          "throughput", ("<name>batch1<", "<name>b\($1)<"), ("static'>8<", "static'>7<"),
          ("cores='8'", "cores='7'"))
      }
    },
    .host("general-virt-manager", "size.mem-overcommit", "host1") { host in
      (0..<8).reduce(host) {
        $0.beside(
          "general-virt-manager", ("<name>web1<", "<name>w\($1)<"), ("'KiB'>8388608<", "'GiB'>120<")
        )
      }
    },
    .host("general-wide", "size.mem-overcommit", "host1") { host in
      (0..<3).reduce(host) {
        $0.beside(
          "general-wide", ("<name>wide<", "<name>w\($1)<"), ("'G'>24<", "'G'>180<"),
          ("'preferred'", "'strict'"))
      }
    },
  ]

  /// vCPUs, IOThreads and the emulator on other CPUs.
  func moved(from old: [String], to new: [String]) -> PlantedFault {
    var copy = self
    for (place, pair) in zip(old, new).enumerated() {
      copy.edits.append(
        ("vcpu='\(place)' cpuset='\(pair.0)'", "vcpu='\(place)' cpuset='\(pair.1)'"))
    }
    return copy
  }

  /// Other isolated CPUs.
  func isolated(_ cpus: String) -> PlantedFault {
    var copy = self
    copy.host = { $0.with("/sys/devices/system/cpu/isolated", cpus + "\n") }
    return copy
  }
}
