// What Open vSwitch's tables say of a guest's port.

import Testing

@testable import TuneKit

@Suite struct VirtualSwitchTests {
  private static func tables(_ interfaces: String, ports: String = "", bridges: String = "")
    throws -> VirtualSwitch
  {
    VirtualSwitch(
      try JSONValue(
        parsing: #"{"Open_vSwitch":[{"other_config":["map",[["pmd-cpu-mask","0x6"]]]}],"#
          + "\"Bridge\":[\(bridges)],\"Port\":[\(ports)],\"Interface\":[\(interfaces)]}"))
  }

  private static func interface(_ type: String, _ options: String, _ other: String = "") -> String {
    #"{"_uuid":["uuid","1"],"name":"p1","type":"\#(type)","options":["map",[\#(options)]],"#
      + #""other_config":["map",[\#(other)]]}"#
  }

  @Test(arguments: [
    ("0000:3b:00.0", "0000:3b:00.0", nil), ("0000:3B:00.1,dv_flow_en=1", "0000:3b:00.1", nil),
    ("3b:00.0", "0000:3b:00.0", nil), ("class=eth,mac=00:11:22:AA:bb:cc", nil, "00:11:22:aa:bb:cc"),
    ("net_null0", nil, nil), ("", nil, nil),
  ])
  func aDPDKPortNamesItsCard(_ text: String, _ address: String?, _ mac: String?) throws {
    let ovs = try Self.tables(Self.interface("dpdk", #"["dpdk-devargs","\#(text)"]"#))
    let card = try #require(ovs.interfaces[0].card)
    #expect(card.address == address)
    #expect(card.mac == mac)
  }

  /// It leads to the guest that has the virtual function, not out of the host.
  @Test func aRepresentorIsNoCard() throws {
    let ovs = try Self.tables(
      Self.interface("dpdk", #"["dpdk-devargs","0000:3b:00.0,representor=[1]"]"#))
    #expect(ovs.interfaces[0].card == nil)
  }

  @Test func pinnedQueuesHaveTheirCPUs() throws {
    let ovs = try Self.tables(
      Self.interface(
        "dpdkvhostuserclient", "", #"["pmd-rxq-affinity","0:3,1:7,2:x,:,9:-1,1:99999999"]"#))
    #expect(ovs.interfaces[0].pinnedPollers == [3, 7])
    #expect(ovs.settings["pmd-cpu-mask"] == "0x6")
  }

  @Test(arguments: [
    ("dpdkvhostuserclient", "/run/ovs/a", "/run/ovs/a", true),
    ("dpdkvhostuserclient", "/run/ovs/a", "/var/run/ovs/a", true),
    ("dpdkvhostuserclient", "/run/ovs/a", "/run/ovs/p1", false),
    ("dpdkvhostuser", "", "/usr/local/var/run/openvswitch/p1", true),
    ("dpdkvhostuser", "", "/usr/local/var/run/openvswitch/p2", false),
    ("internal", "", "/run/openvswitch/p1", false),
  ])
  func aSocketBelongsToOnePort(_ type: String, _ path: String, _ asked: String, _ isFound: Bool)
    throws
  {
    let ovs = try Self.tables(Self.interface(type, #"["vhost-server-path","\#(path)"]"#))
    #expect((ovs.place(ofSocket: asked) == 0) == isFound)
    #expect(ovs.bridge(ofInterface: 0) == nil)
  }

  /// Patch ports that lead in a circle, to nowhere, and to themselves.
  @Test func everyBridgeIsVisitedOnce() throws {
    func row(_ name: String, _ type: String, _ key: String, _ value: String) -> String {
      #"{"_uuid":["uuid","\#(name)"],"name":"\#(name)","type":"\#(type)","#
        + #""options":["map",[["\#(key)","\#(value)"]]]}"#
    }
    let rows = [
      row("a1", "patch", "peer", "b1"), row("b1", "patch", "peer", "a1"),
      row("a2", "patch", "peer", "nobody"), row("b2", "patch", "peer", "b2"),
      row("a3", "dpdk", "dpdk-devargs", "0000:01:00.0"),
      row("b3", "dpdk", "dpdk-devargs", "0000:02:00.0"),
      row("c1", "dpdk", "dpdk-devargs", "0000:03:00.0"),
    ]
    func bridge(_ name: String, _ members: [String]) -> String {
      let ids = members.map { #"["uuid","\#($0)"]"# }.joined(separator: ",")
      return #"{"name":"\#(name)","ports":["set",[\#(ids)]]}"#
    }
    let ports = ["a1", "b1", "a2", "b2", "c1"].map {
      #"{"_uuid":["uuid","\#($0)"],"interfaces":["uuid","\#($0)"]}"#
    }
    // A bond of two.
    let bond = #"{"_uuid":["uuid","bond"],"interfaces":["set",[["uuid","a3"],["uuid","b3"]]]}"#
    let ovs = try Self.tables(
      rows.joined(separator: ","), ports: (ports + [bond]).joined(separator: ","),
      bridges: [
        bridge("a", ["a1", "a2"]), bridge("b", ["b1", "b2", "bond"]), bridge("c", ["c1"]),
      ]
      .joined(separator: ","))
    #expect(ovs.cards(near: 0).map(\.name) == ["a3", "b3"])
    #expect(ovs.cards(near: 6).map(\.name) == ["c1"])
  }

  @Test(arguments: [
    "{}", "[]", "null", "\"x\"", #"{"Interface":{"a":1},"Port":[1,2],"Bridge":[[]]}"#,
    #"{"Open_vSwitch":[{"other_config":["map",[["a"],[1,2],"x"]]}]}"#,
    #"{"Interface":[{"_uuid":["set",[["uuid"]]],"options":["map"]}]}"#,
    #"{"Port":[{"interfaces":["uuid",1]}]}"#,
    #"{"Bridge":[{"name":7,"ports":["set",[["uuid","x"],[]]]}]}"#,
  ])
  func noTableMakesItFail(_ text: String) throws {
    let ovs = VirtualSwitch(try JSONValue(parsing: text))
    #expect(ovs.place(ofSocket: "/x") == nil)
    for place in 0..<3 { #expect(ovs.cards(near: place).isEmpty) }
  }

  /// The solver knows the card as it knows one that is passed through.
  @Test func aGuestMovesToTheCardOfItsVhostUserPort() throws {
    let example = try #require(
      NumaDeviceLocality.examples.first { $0.title == "a vhost-user port of the other node's card" }
    )
    let host = example.snapshot
    func judged(_ host: Snapshot) throws -> (Context, Verdict?) {
      let context = Context(
        facts: Facts(host), profile: try ShippedForTests.profile(.network), today: "2026-01-01")
      return (context, NumaDeviceLocality.evaluate(context).first?.verdict)
    }
    let (context, verdict) = try judged(host)
    guard case .violated(let violation) = verdict else {
      Issue.record("\(String(describing: verdict))")
      return
    }
    let homes = HomeFinder(context: context, wanted: Set(violation.remedy.moves)).find()
    let placed = NumaDeviceLocality.evaluate(context.with(homes)).first?.verdict
    guard case .violated(let next) = placed else {
      Issue.record("\(String(describing: placed))")
      return
    }
    #expect(!next.remedy.changes.isEmpty)
    let (_, after) = try judged(try host.applying(next.remedy.changes))
    guard case .satisfied = after else {
      Issue.record("\(String(describing: after))")
      return
    }
  }
}
