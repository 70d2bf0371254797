// What gpu.json says of cards, whoever wrote it.

import Testing

@testable import TuneKit

@Suite struct GPUSlicesTests {
  private static func cards(_ text: String) -> Known<[String: GPUSlices]> {
    GPUSlices.all(Snapshot().with(GPUSlices.path, text))
  }

  /// nvidia-smi's names of an A100 of 40 GB, one of 80 GB and an H100.
  @Test(arguments: [
    (42_505_273_344, 1, 4864, "1g.5gb"), (42_505_273_344, 2, 9856, "2g.10gb"),
    (42_505_273_344, 3, 20_096, "3g.20gb"), (42_505_273_344, 7, 40_192, "7g.40gb"),
    (85_899_345_920, 1, 9728, "1g.10gb"), (85_899_345_920, 1, 19_968, "1g.20gb"),
    (85_899_345_920, 7, 80_896, "7g.80gb"), (85_520_809_984, 1, 9984, "1g.10gb"),
  ])
  func aShapeHasNvidiasName(_ bytes: Int, _ slices: Int, _ memoryMiB: Int, _ name: String) throws {
    let card = try #require(
      Self.cards(
        #"{"gpus":[{"address":"a","memoryBytes":\#(bytes),"mig":null,"profiles":[{"id":1,"#
          + #""slices":\#(slices),"fits":1,"memoryMiB":\#(memoryMiB)}]}]}"#
      ).value?["a"])
    #expect(card.shape(of: card.profiles[0]) == name)
  }

  @Test(arguments: [
    "", "[]", "{}", "null", "{\"gpus\":{}}", "{\"gpus\":7}", "\u{0}",
  ])
  func whatIsNoListOfCardsIsSaid(_ text: String) {
    #expect(Self.cards(text).missingReason != nil)
  }

  @Test(arguments: [
    #"[1,null,[],{}]"#, #"[{"address":7}]"#,
    #"[{"address":"0000:af:00.0"}]"#, #"[{"address":"0000:af:00.0","mig":{"enabled":"yes"}}]"#,
    #"[{"address":"0000:af:00.0","mig":{"enabled":true},"profiles":[{"id":-1,"slices":9e99}]}]"#,
    #"[{"address":"0000:af:00.0","mig":{"enabled":true},"profiles":[{"id":0,"slices":0,"#
      + #""fits":-3,"instances":9223372036854775807,"memoryMiB":-5}]}]"#,
    #"[{"address":"0000:af:00.0","missing":"\u001b[31m","instanceCount":-1}]"#,
    #"[{"address":"0000:af:00.0","mig":{"enabled":true},"memoryBytes":9223372036854775807,"#
      + #""profiles":[{"id":1,"slices":7,"instances":1048575,"memoryMiB":9223372036854775807}]}]"#,
  ])
  func noCardMakesARuleFail(_ list: String) throws {
    let host = GPUVFIOIOMMU.host(driver: "nvidia").with(GPUSlices.path, "{\"gpus\":\(list)}")
    let context = Context(
      facts: Facts(host), profile: try ShippedForTests.profile(.general), today: "2026-01-01")
    for judgement in GPUMIGShape.evaluate(context) {
      if case .violated(let violation) = judgement.verdict {
        Issue.record("\(list): \(violation.message)")
      }
      #expect(judgement.verdict.reason?.contains("\u{1b}") != true)
    }
    for card in (GPUSlices.all(host).value ?? [:]).values {
      for profile in card.profiles { _ = card.shape(of: profile) }
    }
  }

  @Test(arguments: [
    ("0x20B010DE", 0, true), ("0x20b510de", 0, false),
  ])
  func aSettingMeansTheCardsItNames(_ filter: String, _ index: Int, _ means: Bool) throws {
    let base = "/sys/bus/pci/devices/0000:af:00.0"
    let host = GPUVFIOIOMMU.host(driver: "nvidia").with(base + "/device", "0x20b0\n")
      .with(
        "/etc/systemd/system/nvidia-mig-manager.service.d/override.conf",
        "[Service]\nEnvironment=\"MIG_PARTED_SELECTED_CONFIG=x\"\n"
      )
      .with(
        MIGRequest.path,
        "mig-configs:\n  x:\n    - device-filter: \(filter)\n      devices: [\(index), 3]\n"
          + "      mig-devices: {1g.5gb+me: 1, 1c.3g.20gb: 2, 3g.20gb: two, 2g.10gb: -1}\n")
    let card = try #require(Facts(host).pciDevices.value?.first { $0.address == "0000:af:00.0" })
    let request = MIGRequest.of(card, at: 0, in: host)
    #expect(request?.parts == (means ? [.init(shape: "1g.5gb", count: 1)] : nil))
    #expect(MIGRequest.of(card, at: 1, in: host) == nil)
    // Another file is meant.
    let elsewhere = host.with(
      "/etc/systemd/system/nvidia-mig-manager.service.d/z.conf",
      "Environment=MIG_PARTED_CONFIG_FILE=/srv/mig.yaml\n")
    #expect(MIGRequest.of(card, at: 0, in: elsewhere) == nil)
  }

  @Test(arguments: [
    "", "a: [", "mig-configs: 7", "mig-configs: {x: {y: z}}", "mig-configs: {x: [1]}",
  ])
  func noSettingMakesItFail(_ text: String) throws {
    let host = GPUVFIOIOMMU.host(driver: "nvidia").with(MIGRequest.path, text).with(
      "/etc/systemd/system/nvidia-mig-manager.service.d/override.conf",
      "Environment=MIG_PARTED_SELECTED_CONFIG=x\n")
    let card = try #require(Facts(host).pciDevices.value?.first { $0.address == "0000:af:00.0" })
    #expect(MIGRequest.of(card, at: 0, in: host) == nil)
  }
}
