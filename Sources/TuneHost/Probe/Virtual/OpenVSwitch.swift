// Bridges and DPDK settings of Open vSwitch, from its database server's local socket.

import Glibc
import TuneKit

/// Asks ovsdb-server (RFC 7047) with one read-only transaction.
enum OpenVSwitch {
  /// Where the server listens.
  static let socketPath = "/run/openvswitch/db.sock"
  /// Longest answer, in bytes.
  static let answerLimit = 8 << 20
  /// Longest wait for it, in milliseconds.
  static let patience: Int32 = 2000

  /// Nil where it doesn't run. The answer's tables: `{"Open_vSwitch":[rows],"Bridge":[rows],"Port":…,"Interface":…}`.
  static func read(_ root: Root) -> Snapshot.Reading? {
    guard root.exists(socketPath) else { return nil }
    guard let connection = connect() else {
      return .missing("\(socketPath): " + reason(errno))
    }
    defer { close(connection) }
    guard send(request, connection), let answer = receive(connection) else {
      return .missing("\(socketPath): no answer within \(patience / 1000) s")
    }
    guard let value = try? JSONValue(parsing: answer), let results = value["result"] else {
      return .missing("\(socketPath): the answer was not understood")
    }
    let tables = columns.enumerated().map {
      ($0.element.table, results[$0.offset]?["rows"] ?? .null)
    }
    return VirtualFiles.document(.object(pairs: tables))
  }

  private static let columns: [(table: String, columns: [String])] = [
    ("Open_vSwitch", ["other_config", "ovs_version"]),
    ("Bridge", ["_uuid", "name", "datapath_type", "ports", "other_config"]),
    ("Port", ["_uuid", "name", "interfaces", "tag", "trunks"]),
    ("Interface", ["_uuid", "name", "type", "options", "mtu", "other_config"]),
  ]

  private static var request: String {
    let selects = columns.map { item in
      JSONValue.object(pairs: [
        ("op", "select"), ("table", .string(item.table)), ("where", .array([])),
        ("columns", .array(item.columns.map { .string($0) })),
      ])
    }
    return JSONValue.object(pairs: [
      ("id", 0), ("method", "transact"), ("params", .array(["Open_vSwitch"] + selects)),
    ]).text()
  }

  private static func connect() -> Int32? {
    let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o2000000 | 0o4000, 0)
    guard connection >= 0 else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
    let outcome = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard outcome == 0 else {
      let code = errno
      close(connection)
      errno = code
      return nil
    }
    return connection
  }

  private static func send(_ text: String, _ connection: Int32) -> Bool {
    let bytes = Array(text.utf8)
    // The request is shorter than any socket's buffer.
    return retrying { Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
      == bytes.count
  }

  /// Reads until the outermost brace is closed.
  private static func receive(_ connection: Int32) -> [UInt8]? {
    var answer: [UInt8] = []
    var scan = JSONEnd()
    while answer.count < answerLimit {
      var wait = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      guard retrying({ poll(&wait, 1, patience) }) == 1 else { return nil }
      var part = [UInt8](repeating: 0, count: 64 << 10)
      let count = retrying { recv(connection, &part, part.count, 0) }
      guard count > 0 else { return nil }
      for (index, byte) in part[..<count].enumerated() where scan.ends(with: byte) {
        answer.append(contentsOf: part[...index])
        return answer
      }
      answer.append(contentsOf: part[..<count])
    }
    return nil
  }
}

/// Finds the end of one JSON object in a stream.
struct JSONEnd {
  private var depth = 0
  private var inText = false
  private var escaped = false

  /// Whether the object ends with this byte.
  mutating func ends(with byte: UInt8) -> Bool {
    if escaped {
      escaped = false
      return false
    }
    if inText {
      escaped = byte == 92
      inText = byte != 34
      return false
    }
    switch byte {
    case 34: inText = true
    case 123: depth += 1
    case 125:
      depth -= 1
      return depth == 0
    default: break
    }
    return false
  }
}
