// Finds the process of each running guest of this machine.

import Glibc
import TuneKit

/// QEMU processes by the UUID and name of their guests.
struct ProcessProbe {
  /// Longest command line that is looked at, in bytes.
  static let commandLineLimit = 2 << 20

  private var byUUID: [String: Int] = [:]
  private var byName: [String: Int] = [:]

  /// Looks through /proc.
  init(_ root: Root) {
    for entry in root.list("/proc") ?? [] {
      guard let pid = Int(entry), pid > 0 else { continue }
      guard case .text(let comm) = root.read("/proc/\(pid)/comm"), comm.hasPrefix("qemu"),
        case .text(let line) = root.read("/proc/\(pid)/cmdline", limit: Self.commandLineLimit)
      else { continue }
      remember(pid, line.split(separator: "\0", omittingEmptySubsequences: false).map(String.init))
    }
  }

  private mutating func remember(_ pid: Int, _ arguments: [String]) {
    for (option, value) in zip(arguments, arguments.dropFirst()) {
      switch option {
      case "-uuid": byUUID[value.lowercased()] = pid
      case "-name": byName[Self.guestName(value)] = pid
      default: continue
      }
    }
  }

  /// The guest of `guest=NAME,debug-threads=on`; QEMU writes a comma of the name as two.
  private static func guestName(_ value: String) -> String {
    var text = value[...]
    if text.hasPrefix("guest=") { text = text.dropFirst(6) }
    var name = ""
    while let next = text.first {
      text = text.dropFirst()
      if next == "," {
        guard text.first == "," else { break }
        text = text.dropFirst()
      }
      name.append(next)
    }
    return name
  }

  /// The process of a domain.
  func pid(uuid: String?, name: String) -> Int? {
    uuid.flatMap { byUUID[$0.lowercased()] } ?? byName[name]
  }
}
