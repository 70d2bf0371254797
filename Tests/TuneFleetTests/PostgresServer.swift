import Foundation
import TestSupport
import Testing

@testable import TuneFleet
@testable import TuneKit

/// A PostgreSQL server for these tests; it goes when the tests end.
final class PostgresServer: Sendable {
  static let isInstalled = {
    let places = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    return places.contains {
      FileManager.default.isExecutableFile(atPath: "/usr/lib/postgresql/\($0)/bin/initdb")
    }
  }()

  /// Started by the first test that needs it.
  static let shared = PostgresServer()

  private let directory: String?
  /// Its end is the server's.
  private let input = Pipe()

  private init() {
    let process = Process()
    let output = Pipe()
    process.executableURL = SchemaCheck.packageRoot.appendingPathComponent(
      "Tests/Services/postgres")
    process.standardInput = input
    process.standardOutput = output
    guard (try? process.run()) != nil else {
      directory = nil
      return
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    directory =
      line.hasPrefix("ready ")
      ? line.dropFirst("ready ".count).trimmingCharacters(in: .newlines) : nil
  }

  /// The URI of a database.
  func uri(_ database: String, user: String = "fleet") throws -> String {
    let directory = try #require(directory, "the server did not start")
    let host = directory.replacingOccurrences(of: "/", with: "%2F")
    return "postgresql://\(user)@\(host)/\(database)"
  }

  /// Makes an empty database.
  ///
  /// - Returns: Its URI.
  func database() throws -> String {
    let name = "t" + UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
    try PostgresSession(uri: try uri("postgres")).run("CREATE DATABASE \(name)")
    return try uri(name)
  }
}

/// Where a fleet store lies: every test of it runs on both.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
  case file, postgres

  static var installed: [Backend] { PostgresServer.isInstalled ? allCases : [.file] }

  var testDescription: String { rawValue }
}
