// Processors and memory of an example host, written as the kernel writes them.

struct ExampleShape {
  var nodes: Int
  var coresPerNode: Int
  var threads: Int
  var memoryMiBPerNode: Int
  var pages2M: (total: Int, free: Int)
  var pages1G: (total: Int, free: Int)

  var cores: Int { nodes * coresPerNode }
  var pus: Int { cores * threads }

  /// The PUs of a core: N and N + cores.
  func pus(ofCore core: Int) -> CPUSet {
    CPUSet((0..<threads).map { core + $0 * cores })
  }

  func pus(ofNode node: Int) -> CPUSet {
    (0..<coresPerNode).reduce(CPUSet()) { $0.union(pus(ofCore: node * coresPerNode + $1)) }
  }

  var all: CPUSet { CPUSet(0..<pus) }

  // MARK: - Processors

  func processorFiles() -> [(String, String)] {
    let cpu = "/sys/devices/system/cpu"
    var files = [
      (cpu + "/online", "\(all)\n"), (cpu + "/present", "\(all)\n"),
      (cpu + "/possible", "\(all)\n"), (cpu + "/offline", "\n"), (cpu + "/isolated", "\n"),
      (cpu + "/smt/control", threads > 1 ? "on\n" : "notsupported\n"),
      (cpu + "/smt/active", threads > 1 ? "1\n" : "0\n"),
      (cpu + "/cpuidle/current_driver", "intel_idle\n"),
      (cpu + "/intel_pstate/status", "active\n"), (cpu + "/intel_pstate/no_turbo", "0\n"),
      (cpu + "/intel_pstate/min_perf_pct", "100\n"), (cpu + "/intel_pstate/max_perf_pct", "100\n"),
      ("/proc/self/status", "Name:\ttuned-vm\nCpus_allowed_list:\t\(all)\n"),
      ("/proc/cpuinfo", cpuinfo()),
    ]
    for number in 0..<pus { files += cpuFiles(number, cpu) }
    return files
  }

  private func cpuFiles(_ number: Int, _ cpu: String) -> [(String, String)] {
    let core = number % cores
    let node = core / coresPerNode
    let base = "\(cpu)/cpu\(number)"
    let policy = "\(cpu)/cpufreq/policy\(number)"
    var files = [
      (base + "/topology/physical_package_id", "\(node)\n"), (base + "/topology/die_id", "0\n"),
      (base + "/topology/core_id", "\(core % coresPerNode)\n"),
      (base + "/topology/thread_siblings_list", "\(pus(ofCore: core))\n"),
      (base + "/cache/index2/level", "2\n"), (base + "/cache/index2/size", "1024K\n"),
      (base + "/cache/index2/shared_cpu_list", "\(pus(ofCore: core))\n"),
      (base + "/cache/index3/level", "3\n"), (base + "/cache/index3/size", "36608K\n"),
      (base + "/cache/index3/shared_cpu_list", "\(pus(ofNode: node))\n"),
      (policy + "/related_cpus", "\(number)\n"), (policy + "/affected_cpus", "\(number)\n"),
      (policy + "/scaling_driver", "intel_pstate\n"),
      (policy + "/scaling_governor", "performance\n"),
      (policy + "/scaling_available_governors", "performance powersave\n"),
      (policy + "/energy_performance_preference", "performance\n"),
      (policy + "/cpuinfo_max_freq", "3700000\n"), (policy + "/base_frequency", "2300000\n"),
    ]
    let states = [("POLL", 0), ("C1", 2), ("C1E", 10), ("C6", 133)]
    for (index, state) in states.enumerated() {
      let directory = "\(base)/cpuidle/state\(index)"
      files += [
        (directory + "/name", "\(state.0)\n"), (directory + "/latency", "\(state.1)\n"),
        (directory + "/disable", "0\n"),
      ]
    }
    return files
  }

  private func cpuinfo() -> String {
    (0..<pus).map { number in
      let core = number % cores
      return """
        processor\t: \(number)
        vendor_id\t: GenuineIntel
        cpu family\t: 6
        model\t\t: 85
        model name\t: Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz
        stepping\t: 7
        microcode\t: 0x5003604
        physical id\t: \(core / coresPerNode)
        core id\t\t: \(core % coresPerNode)
        flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat clflush mmx fxsr \
        sse sse2 ht syscall nx pdpe1gb rdtscp lm constant_tsc nonstop_tsc cpuid pni pclmulqdq vmx \
        ssse3 fma cx16 sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm tpr_shadow \
        flexpriority ept vpid ept_ad fsgsbase bmi1 avx2 smep bmi2 erms invpcid avx512f md_clear \
        arch_capabilities


        """
    }.joined()
  }

  // MARK: - Memory

  func memoryFiles() -> [(String, String)] {
    let node = "/sys/devices/system/node"
    let total = memoryMiBPerNode * nodes * 1024
    var files = [
      (node + "/online", "\(CPUSet(0..<nodes))\n"), ("/proc/swaps", Self.swaps),
      (
        "/proc/meminfo",
        """
        MemTotal:       \(total) kB
        MemFree:        \(total / 2) kB
        MemAvailable:   \(total / 4 * 3) kB
        Buffers:          100000 kB
        Cached:          1000000 kB
        SwapTotal:       8388604 kB
        SwapFree:        8388604 kB
        AnonHugePages:         0 kB
        HugePages_Total:    \(pages2M.total * nodes)
        HugePages_Free:     \(pages2M.free * nodes)
        HugePages_Rsvd:        0
        HugePages_Surp:        0
        Hugepagesize:       2048 kB
        Hugetlb:        \((pages2M.total * 2048 + pages1G.total * 1_048_576) * nodes) kB

        """
      ),
    ]
    files += pools("/sys/kernel/mm/hugepages", nodes, ["resv_hugepages", "surplus_hugepages"])
    for number in 0..<nodes {
      let base = "\(node)/node\(number)"
      let distances = (0..<nodes).map { $0 == number ? "10" : "21" }.joined(separator: " ")
      files += [
        (base + "/cpulist", "\(pus(ofNode: number))\n"), (base + "/distance", distances + "\n"),
        (
          base + "/meminfo",
          """
          Node \(number) MemTotal:       \(memoryMiBPerNode * 1024) kB
          Node \(number) MemFree:        \(memoryMiBPerNode * 512) kB
          Node \(number) MemUsed:        \(memoryMiBPerNode * 512) kB

          """
        ),
      ]
      files += pools(base + "/hugepages", 1, ["surplus_hugepages"])
    }
    return files
  }

  private func pools(_ directory: String, _ factor: Int, _ zeros: [String]) -> [(String, String)] {
    [(2048, pages2M), (1_048_576, pages1G)].flatMap { size, pages in
      let base = "\(directory)/hugepages-\(size)kB"
      return [
        (base + "/nr_hugepages", "\(pages.total * factor)\n"),
        (base + "/free_hugepages", "\(pages.free * factor)\n"),
      ] + zeros.map { ("\(base)/\($0)", "0\n") }
    }
  }

  private static let swaps = """
    Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
    /dev/sda2                               partition\t8388604\t\t0\t\t-2

    """
}
