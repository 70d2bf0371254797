// What hwloc reads beyond the plan: a capture holds it, so that hwloc finds the same machine there.

enum HwlocPlan {
  /// Files, in the pattern language of the reading plan.
  static let files: [String] =
    below(
      "/sys/devices/system/cpu/cpu#/topology",
      [
        "thread_siblings", "core_siblings", "core_cpus", "package_cpus", "die_cpus",
        "cluster_cpus", "cluster_id", "book_siblings", "book_id", "drawer_siblings", "drawer_id",
        "physical_package_id", "core_id", "die_id",
      ])
    + below(
      "/sys/devices/system/cpu/cpu#/cache/index#",
      [
        "level", "type", "size", "shared_cpu_map", "coherency_line_size", "number_of_sets",
        "physical_line_partition", "ways_of_associativity", "id",
      ])
    + below("/sys/devices/system/node/node#", ["cpumap", "meminfo", "distance"])
    + below(
      "/sys/bus/pci/devices/*",
      [
        "class", "vendor", "device", "subsystem_vendor", "subsystem_device", "revision",
        "local_cpus", "current_link_speed", "current_link_width",
      ])
    + below("/sys/class/block/*", ["partition", "size", "dev", "device/type", "device/rev"])
    + below(
      "/sys/class/dmi/id",
      [
        "product_version", "board_name", "board_version", "chassis_vendor", "bios_date",
      ])

  /// Links.
  static let links: [String] = [
    "/sys/class/block/*", "/sys/class/infiniband/*", "/sys/class/drm/*", "/sys/class/dma/*",
    "/sys/bus/pci/devices/*",
  ]

  /// A file of 64 to 4096 bytes that is no text: hwloc takes bus numbers of bridges from it.
  static let configuration = "config"
  /// What any user may read of it holds what hwloc looks for.
  static let configurationBytes = 256

  /// As a plan.
  static var plan: PlanNode {
    let node = PlanNode()
    for path in files { node.add(path, .file) }
    for path in links { node.add(path, .link) }
    return node
  }

  private static func below(_ directory: String, _ names: [String]) -> [String] {
    names.map { directory + "/" + $0 }
  }
}
