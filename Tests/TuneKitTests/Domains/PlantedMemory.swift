// Planted faults: huge pages, balloons, locked and shared memory (rules.md §5).

@testable import TuneKit

extension PlantedFault {
  private static let dbPages =
    "<memoryBacking>\n    <hugepages>\n      <page size='2' unit='MiB' nodeset='0'/>\n"
    + "    </hugepages>\n  </memoryBacking>"
  private static let rtPages =
    "<hugepages>\n      <page size='1048576' unit='KiB'/>\n    </hugepages>\n    <nosharepages/>\n"
    + "    <locked/>"

  static let memory: [PlantedFault] = [
    // mem.hugepages-backing
    .edit("db", "mem.hugepages-backing", "db1", dbPages, ""),
    .edit("db", "mem.hugepages-backing", "db1", "size='2' unit='MiB'", "size='4' unit='KiB'"),
    .edit("latency", "mem.hugepages-backing", "rt1", rtPages, ""),
    .edit(
      "network", "mem.hugepages-backing", "fw1",
      "<hugepages>\n      <page size='1' unit='GiB'/>\n    </hugepages>", ""),
    .edit(
      "hpc", "mem.hugepages-backing", "sim1",
      "<memoryBacking>\n    <hugepages>\n      <page size='1' unit='GiB'/>\n    </hugepages>\n"
        + "  </memoryBacking>", ""),
    .edit("general-wide", "mem.hugepages-backing", "wide", "'G'>24<", "'G'>64<"),
    // mem.hugepages-pool, -node
    .edit("db", "mem.hugepages-node", "1", "<memory unit='GiB'>32", "<memory unit='GiB'>48")
      .and("memory='32'", "memory='48'").and(
        "<currentMemory unit='GiB'>32", "<currentMemory unit='GiB'>48"),
    .host("db", "mem.hugepages-node", "1", runs: false) {
      $0.with("/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages", "8000\n")
    },
    .host("db", "mem.hugepages-pool", "host1", runs: false) {
      $0.with("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "9000\n")
    },
    .host("hpc", "mem.hugepages-node", "0", runs: false) {
      $0.with("/sys/devices/system/node/node0/hugepages/hugepages-1048576kB/free_hugepages", "8\n")
    },
    .edit("latency", "mem.hugepages-node", "0", "<memory unit='GiB'>16<", "<memory unit='GiB'>80<"),
    // mem.hugepages-1g
    .edit(
      "hpc", "mem.hugepages-1g", "sim1", "<page size='1' unit='GiB'/>",
      "<page size='2' unit='MiB'/>"),
    .edit(
      "latency", "mem.hugepages-1g", "rt1", "size='1048576' unit='KiB'", "size='2048' unit='KiB'"),
    // mem.hugepages-actual
    .host("db", "mem.hugepages-actual", "db1") {
      $0.with("/proc/4242/numa_maps", "7f00 bind:1 anon=8000000 N1=8000000 kernelpagesize_kB=4\n")
    },
    // mem.vhostuser-shared
    .edit("network", "mem.vhostuser-shared", "fw1", "<access mode='shared'/>", "")
      .and(" memAccess='shared'", ""),
    .edit("network", "mem.vhostuser-shared", "fw1", "memAccess='shared'", "memAccess='private'"),
    .edit(
      "general-virt-manager", "mem.vhostuser-shared", "web1", "<rng model='virtio'>",
      "<filesystem type='mount' accessmode='passthrough'><driver type='virtiofs'/>"
        + "<source dir='/srv'/><target dir='srv'/></filesystem><rng model='virtio'>"),
    // mem.balloon
    .edit("latency", "mem.balloon", "rt1", "<memballoon model='none'/>", ""),
    .edit(
      "hpc", "mem.balloon", "sim1", "<memballoon model='none'/>", "<memballoon model='virtio'/>"),
    .edit(
      "db", "mem.balloon", "db1", "<currentMemory unit='GiB'>32", "<currentMemory unit='GiB'>16"),
    .edit("general-virt-manager", "mem.balloon", "web1", "<stats period='5'/>", ""),
    // mem.balloon-conflict
    .edit(
      "db", "mem.balloon-conflict", "db1", "<currentMemory unit='GiB'>32",
      "<currentMemory unit='GiB'>30"),
    .edit(
      "gpu", "mem.balloon-conflict", "train1", "<memballoon model='none'/>",
      "<memballoon model='virtio' autodeflate='on'/>"),
    .edit(
      "migratable", "mem.balloon-conflict", "erp1", "<memory unit='GiB'>8</memory>",
      "<memory unit='GiB'>8</memory><currentMemory unit='GiB'>4</currentMemory>"),
    // mem.locked
    .edit("latency", "mem.locked", "rt1", rtPages, "<nosharepages/>"),
    .edit(
      "general-virt-manager", "mem.locked", "web1", "<vcpu placement",
      "<memoryBacking><locked/></memoryBacking><vcpu placement"),
  ]
}
