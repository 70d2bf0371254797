// The guide names every knob and parameter there is, and its example is a valid profile.

import Glibc
import Testing

@testable import TuneKit

@Suite struct ProfileGuideTests {
  private let guide: String

  init() throws {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let file = try #require(fopen("/\(root)/docs/guides/profiles.md", "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    guide = String(decoding: bytes, as: UTF8.self)
  }

  @Test func everyKnobIsNamedWithItsRule() {
    for knob in Knob.table {
      let row = guide.split(separator: "\n").first {
        $0.hasPrefix("| ") && $0.contains("`\(knob.name)`")
      }
      #expect(row != nil, "\(knob.name) is not in docs/guides/profiles.md")
      if let rule = knob.rule { #expect(row?.hasSuffix("| \(rule) |") == true, "\(knob.name)") }
    }
  }

  @Test func everyParameterIsNamed() {
    for (rule, parameters) in RuleParameter.table {
      let row = guide.split(separator: "\n").last { $0.contains(rule) && $0.hasPrefix("| ") }
      for parameter in parameters {
        #expect(row?.contains("`\(parameter.name)`") == true, "\(rule) \(parameter.name)")
      }
    }
  }

  @Test func theExampleIsAValidProfile() throws {
    let start = try #require(guide.firstRange(of: "```yaml\n")?.upperBound)
    let end = try #require(guide[start...].firstRange(of: "```")?.lowerBound)
    // Other areas' ids may be named too.
    let rules = ProfileLibrary.knownRules + ["disk.format"]
    let profile = try ProfileLibrary.load(
      String(guide[start..<end]), file: "guide.yaml", rules: rules)
    #expect(profile.family == .db)
    #expect(profile.checks.count == 1)
    #expect(profile.settings(of: "hugepages").first?.value == .integer(8192))
  }
}
