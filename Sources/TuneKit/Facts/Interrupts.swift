// Device interrupts and the CPUs that serve them.

/// One numbered interrupt.
public struct Interrupt: Sendable, Equatable {
  /// Its number; another one after the next boot.
  public let number: Int
  /// What follows the counts: chip, hardware number and the handlers' names.
  public let action: String
  /// How often it came since boot, over all CPUs.
  public let total: Int
  /// The CPUs it may go to.
  public let affinity: Known<CPUSet>
  /// The CPUs it does go to.
  public let effective: Known<CPUSet>

  /// Whether the kernel manages its affinity, so that a write fails. The kernel tells this only
  /// in debugfs; these drivers ask for it (their queues beyond the first).
  public var isManaged: Bool {
    let name = action.words.last.map(String.init) ?? ""
    if name.hasPrefix("nvme"), let queue = name.split(separator: "q").last { return queue != "0" }
    return name.contains("-req.") || name.hasPrefix("megasas") || name.hasPrefix("mpt3sas")
      || name.hasPrefix("hpsa") || name.hasPrefix("smartpqi") || name.hasPrefix("qla2xxx")
  }

  /// Whether it belongs to a device a guest has.
  public var isVFIO: Bool { action.contains("vfio-") }

  /// The file an affinity is written to.
  public var path: String { "/proc/irq/\(number)/smp_affinity_list" }
}

/// All device interrupts of the host.
public struct Interrupts: Sendable, Equatable {
  /// By number.
  public let all: Known<[Interrupt]>

  init(_ snapshot: Snapshot) {
    all = snapshot.raw("/proc/interrupts").map { text in
      text.lines.dropFirst().compactMap { Self.row($0, snapshot) }
    }
  }

  private static func row(_ line: Substring, _ snapshot: Snapshot) -> Interrupt? {
    guard let colon = line.utf8.firstIndex(of: 58),
      let number = Int(line[..<colon].trimmedBlanks)
    else { return nil }
    let (total, rest) = counts(line.utf8[line.utf8.index(after: colon)...])
    func set(_ name: String) -> Known<CPUSet> {
      snapshot.text("/proc/irq/\(number)/\(name)").parsed(as: "a CPU list") { CPUSet(list: $0) }
    }
    return Interrupt(
      number: number, action: rest.words.joined(separator: " "), total: total,
      affinity: set("smp_affinity_list"), effective: set("effective_affinity_list"))
  }

  /// The sum of the leading numbers, and what follows them. A big machine has a million of these,
  /// so they are looked at byte by byte.
  private static func counts(_ bytes: Substring.UTF8View) -> (total: Int, rest: Substring) {
    var text = Substring(bytes)
    var total = 0
    let length = text.withUTF8 { bytes in
      var (word, number, digits) = (0, 0, 0)
      for (place, byte) in bytes.enumerated() {
        if byte >= 48, byte <= 57, digits < 19 {
          number = number &* 10 &+ Int(byte - 48)
          digits += 1
        } else if byte == 32 || byte == 9 {
          total = total.addingReportingOverflow(number).partialValue
          (word, number, digits) = (place + 1, 0, 0)
        } else {
          return word
        }
      }
      total = total.addingReportingOverflow(number).partialValue
      return bytes.count
    }
    return (total, text[text.utf8.index(text.startIndex, offsetBy: length)...])
  }
}
