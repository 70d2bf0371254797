import Testing

@testable import TuneKit

@Suite struct BytesTests {
  @Test(arguments: [
    ("a-iscsi-b", "-iscsi-", true), ("-iscsi", "-iscsi-", false), ("", "", true), ("x", "", true),
    ("", "x", false), ("aab", "ab", true), ("grün", "ün", true), ("abc", "abcd", false),
  ])
  func aPartIsFoundByItsBytes(_ text: String, _ part: String, _ expected: Bool) {
    #expect(text.contains(part) == expected)
    #expect("|\(text)|".dropFirst().dropLast().contains(part) == expected)
  }

  @Test func aPieceBeginsAndEndsLikeTheWhole() {
    let piece = "x/sys/block/y".dropFirst().dropLast(2)
    #expect(piece.hasPrefix("/sys/"))
    #expect(!piece.hasPrefix("/sys/block/y"))
    #expect(piece.hasSuffix("/block"))
    #expect(!piece.hasSuffix("y"))
    #expect(piece.hasPrefix("") && piece.hasSuffix(""))
  }

  @Test func dashesAreDoubledAsDeviceMapperDoes() {
    #expect("my-vg".doublingDashes == "my--vg")
    #expect("vg"[...].doublingDashes == "vg")
  }

  @Test func setsOfDifferentLengthAreCompared() {
    let short: CPUSet = [1]
    let long: CPUSet = [1, 200]
    #expect(short.isSubset(of: long))
    #expect(!long.isSubset(of: short))
    #expect(!short.isDisjoint(with: long))
    #expect(short.isDisjoint(with: [200]))
    var both = short
    both.formUnion(long)
    #expect(both == long)
    both.formUnion(short)
    #expect(both == long)
  }
}
