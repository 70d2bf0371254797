// What ends a probe. Everything smaller is a missing fact or a notice in the snapshot.

import TuneKit

/// Why nothing could be probed.
public enum ProbeError: ReportableError, Equatable {
  /// A path named on the command line can't be opened; with the reason.
  case input(path: String, reason: String, denied: Bool)
  /// libvirt was asked for by `-c` and does not answer.
  case libvirtUnreachable(uri: String, reason: String)
  /// libvirt was asked for by `-c` and isn't installed.
  case libvirtMissing(uri: String, reason: String)
  /// libvirt was asked for by `-c` and does not let us.
  case libvirtNotPermitted(uri: String, reason: String)

  /// 66, 69 or 77.
  public var status: ExitStatus {
    switch self {
    case .input(_, _, let denied): return denied ? .notPermitted : .noInput
    case .libvirtUnreachable, .libvirtMissing: return .unavailable
    case .libvirtNotPermitted: return .notPermitted
    }
  }

  /// What is said, with what to do about it.
  public var messages: [String] {
    switch self {
    case .input(let path, let reason, _): return ["cannot read '\(path)': \(reason)"]
    case .libvirtUnreachable(let uri, let reason):
      return [
        "cannot connect to '\(uri)': \(reason)",
        "  check that its daemon runs, or leave out -c to look at the host alone.",
      ]
    case .libvirtMissing(let uri, let reason):
      return [
        "cannot connect to '\(uri)': libvirt can't be used: \(reason)",
        "  install the package libvirt0, or leave out -c to look at the host alone.",
      ]
    case .libvirtNotPermitted(let uri, let reason):
      return [
        "not permitted to connect to '\(uri)': \(reason)",
        "  run as root or as a member of the libvirt group.",
      ]
    }
  }
}
