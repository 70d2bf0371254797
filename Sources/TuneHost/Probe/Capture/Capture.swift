// `tuned-vm capture`: everything the probe reads, as a tree or an archive that audits alike.

import Glibc
import TuneKit

/// Why a capture could not be written.
public enum CaptureError: ReportableError, Equatable {
  /// The place can't be created.
  case cannotCreate(path: String, reason: String)
  /// Writing failed.
  case cannotWrite(path: String, reason: String)
  /// libvirt runs elsewhere, so there is no host to capture.
  case noHost(String)

  /// 73, 74 or 64.
  public var status: ExitStatus {
    switch self {
    case .cannotCreate: return .cannotCreate
    case .cannotWrite: return .ioError
    case .noHost: return .usage
    }
  }

  /// What is said.
  public var messages: [String] {
    switch self {
    case .cannotCreate(let path, let reason): return ["cannot create '\(path)': \(reason)"]
    case .cannotWrite(let path, let reason):
      return ["cannot write '\(path)': \(reason)", "  what was written of it has been removed."]
    case .noHost(let why): return ["there is no host to capture: \(why)"]
    }
  }
}

/// Captures hosts.
public struct Capture {
  private var tree: CaptureTree
  /// What the probe had to tell.
  public let notices: [String]

  /// Reads a host.
  ///
  /// - Parameters:
  ///   - request: this machine, or a tree that is captured again, for instance to redact it.
  ///   - redact: whether names, addresses and serial numbers are replaced.
  ///   - version: of the program, for about.json.
  /// - Throws: `ProbeError` as `HostProbe.snapshot`; `CaptureError.noHost`.
  public init(_ request: ProbeRequest, redact: Bool, version: String) throws {
    let reading = try HostProbe.reading(request, keepingKinds: true)
    if case .none(let why) = reading.snapshot.origin { throw CaptureError.noHost(why) }
    var builder = CaptureBuilder(reading, try Root(request.root ?? "/"))
    builder.build(
      about: .object(pairs: [
        ("schema", "tuned-vm/capture/v1"), ("version", .string(version)),
        ("redacted", .bool(redact)), ("passwords", "left out"),
        ("domainsMissing", .optional(reading.snapshot.domainsMissing)),
      ]))
    tree = builder.tree
    // Of a tree that is captured again it is taken over like any file.
    if request.root == nil, let seen = HwlocProbe.liveXML() {
      tree.addFile(HwlocXML.path, HwlocXML.lasting(seen))
    }
    tree.mapFiles { path, bytes in Self.withoutPasswords(path, bytes) }
    if redact { tree = Redaction(reading.snapshot).applied(to: tree) }
    notices = reading.snapshot.notices
  }

  private static func withoutPasswords(_ path: String, _ bytes: [UInt8]) -> [UInt8] {
    guard
      path.hasPrefix("/etc/") || path.hasPrefix("/run/") || path.hasPrefix("/var/")
        || path.hasPrefix("/proc/")
    else { return bytes }
    let text = String(decoding: bytes, as: UTF8.self)
    let changed =
      path.hasSuffix(".xml")
      ? Passwords.removed(from: text) : Passwords.removed(fromConfiguration: text)
    return Array(changed.utf8)
  }

  /// Writes the capture: an archive where the name ends in `.tar.gz` or `.tgz`, else a directory,
  /// which must not exist or be empty. The same reading gives the same bytes.
  ///
  /// - Throws: `CaptureError`; nothing is left then, or what was there before.
  public func write(to path: String) throws(CaptureError) {
    if path.hasSuffix(".tar.gz") || path.hasSuffix(".tgz") {
      try CaptureWriter.writeArchive(tree, to: path)
    } else {
      try CaptureWriter.writeDirectory(tree, to: path)
    }
  }
}
