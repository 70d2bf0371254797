// Sysctls that take memory from the host itself, where a profile names them directly: pools go by
// node through rules of their own, which look at the room; these would bypass them.

enum HostMemoryGate {
  /// Why a value would leave the host too little memory; nil where it leaves enough.
  static func refusal(of change: Change, _ facts: Facts) -> String? {
    let meminfo = facts.snapshot.raw("/proc/meminfo").value ?? ""
    guard let (path, value) = target(change), let count = Int(value), count > 0,
      let total = Snapshot.meminfo(meminfo, "MemTotal:")
    else { return nil }
    switch path {
    case "/proc/sys/vm/nr_hugepages", "/proc/sys/vm/nr_hugepages_mempolicy":
      let size = Snapshot.meminfo(meminfo, "Hugepagesize:") ?? 2048
      let (kib, tooLarge) = count.multipliedReportingOverflow(by: size)
      let reserve = min(max(2 << 20, total / 20), total / 4)
      guard tooLarge || kib > total - reserve else { return nil }
      return "\(count) huge pages would leave the host less than the \(reserve / 1024) MiB it needs"
    case "/proc/sys/vm/min_free_kbytes":
      guard count > total / 8 else { return nil }
      return "keeping more than an eighth of the memory free makes the kernel kill processes"
    default: return nil
    }
  }

  private static func target(_ change: Change) -> (String, String)? {
    switch change {
    case .knob(let path, let value): (path, value)
    case .persist(.sysctl(let key, let value)): (SysctlName.path(key), value)
    default: nil
    }
  }
}
