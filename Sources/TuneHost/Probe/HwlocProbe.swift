// What hwloc says of the machine, live or of a captured tree.
//
// hwloc takes a tree only through environment variables, which belong to the whole process: loads
// are serialised here and the variables unset again. It follows links out of the tree and waits
// for FIFOs, so a tree passes HwlocGuard first.

import CHwloc
import Glibc
import Synchronization
import TuneKit

/// Loads and reduces hwloc topologies.
enum HwlocProbe {
  private static let turn = Mutex<Void>(())

  /// The machine this runs on.
  static func live() -> Known<HwlocTopology> { load([]) }

  /// A captured tree; the caller has had it checked.
  static func tree(_ path: String) -> Known<HwlocTopology> {
    load([
      ("HWLOC_FSROOT", path),
      // Without "stop" the processor this runs on would be asked too.
      ("HWLOC_COMPONENTS", "linux,stop"),
      // Dumps of other tools are no part of a capture; /var/run is often a link out of it.
      ("HWLOC_DUMPED_HWDATA_DIR", "/sys/none"),
    ])
  }

  /// All that hwloc sees of the machine this runs on, in its own XML of version 2; nil where it
  /// sees nothing.
  static func liveXML() -> [UInt8]? {
    turn.withLock { _ in
      setenv("HWLOC_HIDE_ERRORS", "2", 0)
      return withTopology(detailed: true, { nil }) { topology in
        var text: UnsafeMutablePointer<CChar>?
        var length: Int32 = 0
        guard hwloc_topology_export_xmlbuffer(topology, &text, &length, 0) == 0, let text else {
          return nil
        }
        defer { hwloc_free_xmlbuffer(topology, text) }
        // The last byte is the NUL.
        let bytes = UnsafeRawBufferPointer(start: text, count: max(0, Int(length) - 1))
        return Array(bytes)
      }
    }
  }

  private static func load(_ variables: [(String, String)]) -> Known<HwlocTopology> {
    turn.withLock { _ in
      setenv("HWLOC_HIDE_ERRORS", "2", 0)
      for (name, value) in variables { setenv(name, value, 1) }
      defer { for (name, _) in variables { unsetenv(name) } }
      return load()
    }
  }

  private static func load() -> Known<HwlocTopology> {
    func missing(_ why: String) -> Known<HwlocTopology> { Known(missing: why, from: "hwloc") }
    return withTopology({ missing("hwloc could not read it (\(reason(errno)))") }) { topology in
      let result = HwlocReduction(topology).topology
      // hwloc invents one PU where it finds none.
      return result.pus.isEmpty
        ? missing("hwloc found no processor") : Known(result, from: "hwloc")
    }
  }

  /// Loads a topology for as long as it is used.
  ///
  /// - Parameters:
  ///   - detailed: keep every kind of object, as lstopo does, and not those alone that facts need.
  ///   - failed: what to give where it can't be loaded.
  private static func withTopology<Value>(
    detailed: Bool = false, _ failed: () -> Value, _ use: (hwloc_topology_t) -> Value
  ) -> Value {
    var handle: hwloc_topology_t?
    guard hwloc_topology_init(&handle) == 0, let topology = handle else { return failed() }
    defer { hwloc_topology_destroy(topology) }
    // The machine counts, not what a cgroup leaves of it.
    hwloc_topology_set_flags(topology, UInt(HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED.rawValue))
    if detailed { hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL) }
    hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_IMPORTANT)
    guard hwloc_topology_load(topology) == 0 else { return failed() }
    return use(topology)
  }
}

/// Turns a loaded topology into values.
private struct HwlocReduction {
  let handle: hwloc_topology_t

  init(_ handle: hwloc_topology_t) { self.handle = handle }

  var topology: HwlocTopology {
    let packages = objects(HWLOC_OBJ_PACKAGE).map(cpus)
    let dies = objects(HWLOC_OBJ_DIE).map(cpus)
    return HwlocTopology(
      packages: packages,
      dies: dies.count > packages.count ? dies : [],
      nodes: objects(HWLOC_OBJ_NUMANODE).map(node).sorted { $0.id < $1.id },
      l3Groups: objects(HWLOC_OBJ_L3CACHE).map(cache),
      cores: objects(HWLOC_OBJ_CORE).map(cpus),
      pus: set(hwloc_topology_get_topology_cpuset(handle)),
      kinds: kinds,
      devices: devices)
  }

  private func objects(_ type: hwloc_obj_type_t) -> [hwloc_obj_t] {
    let depth = hwloc_get_type_depth(handle, type)
    let count = hwloc_get_nbobjs_by_depth(handle, depth)
    return (0..<count).compactMap { hwloc_get_obj_by_depth(handle, depth, $0) }
  }

  private func cpus(_ object: hwloc_obj_t) -> CPUSet { set(object.pointee.cpuset) }

  private func set(_ bitmap: hwloc_const_bitmap_t?) -> CPUSet {
    var result = CPUSet()
    guard let bitmap else { return result }
    var number = hwloc_bitmap_first(bitmap)
    while number != -1, number < CPUSet.limit {
      result.insert(Int(number))
      number = hwloc_bitmap_next(bitmap, number)
    }
    return result
  }

  private func node(_ object: hwloc_obj_t) -> HwlocTopology.Node {
    let memory = object.pointee.attr?.pointee.numanode.local_memory ?? 0
    return HwlocTopology.Node(
      id: Int(object.pointee.os_index), memoryBytes: Int(clamping: memory), cpus: cpus(object))
  }

  private func cache(_ object: hwloc_obj_t) -> (cpus: CPUSet, sizeKiB: Int) {
    let size = object.pointee.attr?.pointee.cache.size ?? 0
    return (cpus(object), Int(clamping: size / 1024))
  }

  private var kinds: [(efficiency: Int, cpus: CPUSet)] {
    let count = hwloc_cpukinds_get_nr(handle, 0)
    guard count > 0, let bitmap = hwloc_bitmap_alloc() else { return [] }
    defer { hwloc_bitmap_free(bitmap) }
    return (0..<count).compactMap { index in
      var efficiency: Int32 = -1
      let outcome = hwloc_cpukinds_get_info(
        handle, UInt32(index), bitmap, &efficiency, nil, nil, 0)
      return outcome == 0 ? (Int(efficiency), set(bitmap)) : nil
    }
  }

  private var devices: [HwlocTopology.Device] {
    var result: [HwlocTopology.Device] = []
    var next = hwloc_get_next_osdev(handle, nil)
    while let device = next {
      if let kind = kind(device), let name = device.pointee.name {
        result.append(
          HwlocTopology.Device(
            kind: kind, name: String(cString: name), pci: pciAddress(above: device),
            numaNode: node(of: device)))
      }
      next = hwloc_get_next_osdev(handle, device)
    }
    return result
  }

  private func kind(_ device: hwloc_obj_t) -> String? {
    switch device.pointee.attr?.pointee.osdev.type {
    case HWLOC_OBJ_OSDEV_BLOCK: return "block"
    case HWLOC_OBJ_OSDEV_NETWORK: return "net"
    case HWLOC_OBJ_OSDEV_OPENFABRICS: return "infiniband"
    case HWLOC_OBJ_OSDEV_GPU: return "gpu"
    case HWLOC_OBJ_OSDEV_COPROC: return "coprocessor"
    case HWLOC_OBJ_OSDEV_DMA: return "dma"
    default: return nil
    }
  }

  private func pciAddress(above device: hwloc_obj_t) -> String? {
    var next = device.pointee.parent
    while let object = next, object.pointee.type != HWLOC_OBJ_PCI_DEVICE {
      next = object.pointee.parent
    }
    guard let pci = next?.pointee.attr?.pointee.pcidev else { return nil }
    return hex(Int(pci.domain), 4) + ":" + hex(Int(pci.bus), 2) + ":" + hex(Int(pci.dev), 2) + "."
      + String(pci.func, radix: 16)
  }

  private func hex(_ value: Int, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The one node near a device; a locality that names the whole machine says nothing.
  private func node(of device: hwloc_obj_t) -> Int? {
    guard let place = hwloc_get_non_io_ancestor_obj(handle, device),
      let nodes = place.pointee.nodeset, hwloc_bitmap_weight(nodes) == 1,
      hwloc_bitmap_isequal(
        place.pointee.cpuset, hwloc_topology_get_topology_cpuset(handle)) == 0
    else { return nil }
    return Int(hwloc_bitmap_first(nodes))
  }
}
