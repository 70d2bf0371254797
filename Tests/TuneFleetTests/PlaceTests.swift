import Testing

@testable import TuneFleet

@Suite struct PlaceTests {
  @Test func theTargetBuilds() {}
}
