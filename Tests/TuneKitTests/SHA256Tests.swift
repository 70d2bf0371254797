import Testing

@testable import TuneKit

@Suite struct SHA256Tests {
  // The vectors of FIPS 180-4's examples, and lengths around a block's edge from sha256sum.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 64),
      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
    ),
  ])
  func hashesAsTheStandardSays(text: String, hash: String) {
    #expect(SHA256.hex(text) == hash)
  }

  @Test func theKeyedHashFollowsRFC4231() {
    let mac = SHA256.hmac(key: "Jefe".utf8, "what do ya want for nothing?".utf8)
    #expect(
      SHA256.hexadecimal(mac) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }
}
