// Whether a process still is the guest it was when it was probed: numbers are used again.

import TuneKit

enum GuestIdentity {
  /// QEMU is started with `-name guest=NAME,…` and `-uuid UUID`.
  static func isProcess(_ pid: Int, ofGuest uuid: String, name: String) -> Bool {
    guard let bytes = JournalFile.read("/proc/\(pid)/cmdline") else { return false }
    let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return words.contains { $0.lowercased() == uuid.lowercased() }
      || words.contains { $0 == "guest=\(name)" || $0.hasPrefix("guest=\(name),") }
  }
}
