import Testing

@testable import TuneHost

@Suite struct PlaceTests {
  @Test func theTargetBuilds() {}
}
