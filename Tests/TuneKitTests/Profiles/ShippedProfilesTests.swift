// The compiled-in profiles are the files of profiles/.

import Glibc
import Testing

@testable import TuneKit

@Suite struct ShippedProfilesTests {
  @Test(arguments: ProfileLibrary.names)
  func theCompiledTextIsTheFiles(name: String) throws {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let file = try #require(text(of: "/\(root)/profiles/\(name).yaml"))
    #expect(
      ProfileLibrary.text(name) == file,
      "profiles/\(name).yaml changed: run scripts/shipped-profiles")
  }
  private func text(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
