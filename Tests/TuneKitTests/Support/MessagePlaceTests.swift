// Which messages begin with a place in an input.

import Testing
import TuneKit

@Suite struct MessagePlaceTests {
  @Test(arguments: [
    "a.xml:3:1: is not closed", "/srv/a b.yaml:14:18: 'x' is 'y'", "C:odd:1:1: x",
    "12:3:4: a file named 12",
  ])
  func aPlaceIsOne(_ message: String) { #expect(MessagePlace.begins(message)) }

  @Test(arguments: [
    "no profile 'a:1:2: b'", "a.xml: is a FIFO", "a.xml:3: x", "a.xml:3:1:x", ":1:2: x",
    "  a:1:2: continued", "", "qemu:///system: no answer", "a.xml:3:1: ".dropLastBlank,
  ])
  func nothingElseIs(_ message: String) { #expect(!MessagePlace.begins(message)) }
}

extension String {
  fileprivate var dropLastBlank: String { String(dropLast()) }
}
