import Glibc
import TestSupport

@testable import TuneKit

/// The shared instances and what is known about them.
enum PlacementFixtures {
  static let directory = CapturedHost.fixtures + "/placement"

  static let names: [String] = {
    guard let json = try? JSONValue(parsing: bytes("reference.json")) else { return [] }
    return (json.objectValue ?? []).map(\.key).sorted()
  }()

  static let reference: JSONValue = (try? JSONValue(parsing: bytes("reference.json"))) ?? .null

  static func bytes(_ path: String) -> [UInt8] {
    guard let stream = fopen("\(directory)/\(path)", "r") else { return [] }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }

  static func instance(_ name: String) throws -> PlacementInstance {
    try PlacementInstance(parsing: bytes("instances/\(name).json"))
  }

  static func solve(
    _ instance: PlacementInstance, steps: Int, seed: UInt64 = 1
  ) -> PlacementResult {
    var options = PlacementOptions()
    options.steps = steps
    options.seed = seed
    return PlacementSolver.solve(instance, options)
  }
}
