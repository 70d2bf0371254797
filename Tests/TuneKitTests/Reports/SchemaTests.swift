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

  @Test func everySchemaIsCompiledIn() throws {
    for name in [
      "audit", "drift", "fleet", "history", "place", "plan", "profiles", "rules", "topology",
    ] {
      let text = try #require(ShippedSchemas.all.first { $0.name == name }?.text)
      #expect(try JSONValue(parsing: text)["title"]?.stringValue?.hasPrefix("tuned-vm ") == true)
    }
  }
}
