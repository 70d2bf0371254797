import TestSupport
import Testing

@testable import TuneKit

@Suite struct SchemaTests {
  @Test(
    .enabled(if: SchemaCheck.isAvailable, "python3 with jsonschema is not installed"))
  func auditsAreValid() throws {
    for report in [Sample.ordinary, Sample.attack, Sample.report([])] {
      let json = render(report, as: .json)
      #expect(try SchemaCheck.complaints(about: json, schema: "audit") == "")
    }
  }

  @Test(
    .enabled(if: SchemaCheck.isAvailable, "python3 with jsonschema is not installed"))
  func aMissingFieldIsNoticed() throws {
    let json = render(Sample.ordinary, as: .json).replacing("\"fingerprint\"", with: "\"finger\"")
    #expect(try SchemaCheck.complaints(about: json, schema: "audit").contains("'fingerprint'"))
  }

  @Test(
    .enabled(if: SchemaCheck.isAvailable, "python3 with jsonschema is not installed"))
  func theCatalogueIsValid() throws {
    let json = CatalogueReport.listJSON(Catalogue.all)
    #expect(try SchemaCheck.complaints(about: json, schema: "rules") == "")
  }

  @Test(
    .enabled(if: SchemaCheck.isAvailable, "python3 with jsonschema is not installed"))
  func profilesAreValid() throws {
    let profiles = try ProfileLibrary.names.map { try ProfileLibrary.effective($0) }
    let list = ProfileRendering.listJSON(profiles).text(.pretty)
    #expect(try SchemaCheck.complaints(about: list, schema: "profiles") == "")
    let own = try ProfileLibrary.load(
      "name: a\ninherits: db\nchecks: [{id: site.a, read: /proc/swaps, lines: {max: 1}}]\n",
      file: "a.yaml")
    for profile in profiles + [own] {
      let shown = ProfileRendering.showJSON(profile).text(.pretty)
      #expect(try SchemaCheck.complaints(about: shown, schema: "profile") == "")
    }
  }

  @Test func everySchemaIsCompiledIn() throws {
    for name in [
      "audit", "drift", "fleet", "history", "place", "plan", "profile", "profiles", "rules",
      "topology",
    ] {
      let text = try #require(ShippedSchemas.all.first { $0.name == name }?.text)
      #expect(try JSONValue(parsing: text)["title"]?.stringValue?.hasPrefix("tuned-vm ") == true)
    }
  }
}
