import Testing

@testable import TuneKit

@Suite struct TuneDTests {
  private func tuneD(_ profile: String, _ files: [String: String] = [:]) -> TuneD? {
    var host = Snapshot.exampleHost()
      .with("/tuned-vm/units.json", #"{"tuned.service":{"active":"active"}}"#)
      .with("/etc/tuned/active_profile", profile + "\n")
    for (path, text) in files { host = host.with(path, text) }
    return Facts(host).tuneD
  }

  @Test func shippedProfilesAreKnownWithoutTheirFiles() {
    #expect(tuneD("virtual-host")?.value("vm.dirty_background_ratio", current: nil) == "5")
    #expect(tuneD("network-latency")?.value("thp", current: nil) == "never")
    #expect(tuneD("nobody-knows")?.value("governor", current: nil) == nil)
  }

  @Test func aRaisedValueKeepsWhatIsHigher() {
    #expect(tuneD("virtual-host")?.value("net.core.somaxconn", current: "4096") == "4096")
    #expect(tuneD("virtual-host")?.value("net.core.somaxconn", current: "128") == "2048")
  }

  @Test func latencyIsHeldByItsLastNumber() {
    #expect(tuneD("virtual-host")?.holdsLatency(70) == true)
    #expect(tuneD("virtual-host")?.holdsLatency(3) == false)
    #expect(tuneD("latency-performance")?.holdsLatency(3) == true)
  }

  @Test func aProfileOfTheSitesOwnIncludesOthers() {
    let own = "[main]\ninclude=virtual-host\n# no\n[sysctl]\nvm.swappiness = 1\n"
    let found = tuneD("site", ["/etc/tuned/profiles/site/tuned.conf": own])
    #expect(found?.value("vm.swappiness", current: nil) == "1")
    #expect(found?.value("governor", current: nil) == "performance")
  }

  @Test func profilesThatIncludeEachOtherEnd() {
    let found = tuneD(
      "a",
      [
        "/etc/tuned/a/tuned.conf": "[main]\ninclude=b\n[vm]\ntransparent_hugepages=never\n",
        "/etc/tuned/b/tuned.conf": "[main]\ninclude=a\n[sysctl]\nvm.swappiness=$x\n",
      ])
    #expect(found?.value("thp", current: nil) == "never")
    #expect(found?.value("vm.swappiness", current: nil) == nil)
  }
}
