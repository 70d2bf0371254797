import Testing

@testable import TuneKit

@Suite struct PlaceTests {
  @Test func theTargetBuilds() {}
}
