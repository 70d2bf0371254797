import Testing

@testable import TuneKit

@Suite struct PlanTextTests {
  @Test func pathsThatDifferInNumbersAreOne() {
    let policies = (0..<32).map { "/sys/cpufreq/policy\($0)/scaling_governor" }
    #expect(PathPattern.joined(policies) == "/sys/cpufreq/policy{0-31}/scaling_governor")
    let states = (0..<2).flatMap { cpu in [2, 3].map { "/cpu\(cpu)/state\($0)/disable" } }
    #expect(PathPattern.joined(states) == "/cpu{0-1}/state{2-3}/disable")
    #expect(PathPattern.joined(["/b/sda/q", "/b/sdb/q"]) == "/b/{sda,sdb}/q")
    #expect(PathPattern.joined(["/one"]) == "/one")
  }

  /// A pattern never says more than the list.
  @Test func pathsThatNoPatternCoversAreCounted() {
    #expect(PathPattern.joined(["/cpu0/state2", "/cpu1/state3"]) == "/cpu0/state2 and 1 more")
    #expect(PathPattern.joined(["/a/b", "/a"]) == "/a/b and 1 more")
  }

  @Test(arguments: [
    ("<graphics passwd='a&amp;b' port='1'/>", "<graphics passwd='(hidden)' port='1'/>"),
    ("<!-- <graphics passwd = \"x\"/> --><a/>", "<!-- <graphics passwd = \"(hidden)\"/> --><a/>"),
    ("<arg value='secret,id=s,Password=x'/>", "<arg value='(hidden)'/>"),
    ("<description>no passwd here</description>", "<description>no passwd here</description>"),
    ("<disk pass='w'/>", "<disk pass='w'/>"),
  ])
  func passwordsAreHidden(_ inner: String, _ expected: String) throws {
    let definition = try XMLDocument("<domain>\(inner)</domain>")
    #expect(DomainText.withoutPasswords(definition) == "<domain>\(expected)</domain>")
  }

  @Test func aDiffWithAHiddenPasswordIsUsableByPatch() throws {
    let diff = """
      --- a/x
      +++ b/x
      @@ -3,4 +3,5 @@
       three
      -four
      +FOUR
      +more
        <graphics passwd='(hidden)'/>
       six

      """
    let usable = try #require(DomainText.diffBesidePasswords(diff))
    #expect(usable == "--- a/x\n+++ b/x\n@@ -4,1 +4,2 @@\n-four\n+FOUR\n+more\n")
    #expect(DomainText.diffBesidePasswords(diff.replacing("-four", with: "-(hidden)")) == nil)
    let plain = diff.replacing("(hidden)", with: "x")
    #expect(DomainText.diffBesidePasswords(plain) == plain)
  }

  @Test func aSysctlThatStarvesTheHostIsRefused() {
    var snapshot = Snapshot()
    snapshot.files["/proc/meminfo"] = .text("MemTotal: 8388608 kB\nHugepagesize: 2048 kB\n")
    let facts = Facts(snapshot)
    func refusal(_ key: String, _ value: String) -> String? {
      HostMemoryGate.refusal(of: .persist(.sysctl(key: key, value: value)), facts)
    }
    let tooMany = "4000 huge pages would leave the host less than the 2048 MiB it needs"
    #expect(refusal("vm.nr_hugepages", "4000") == tooMany)
    #expect(refusal("vm.nr_hugepages_mempolicy", "4000") == tooMany)
    #expect(refusal("vm.nr_hugepages", "3000") == nil)
    #expect(
      refusal("vm.min_free_kbytes", "4000000")
        == "keeping more than an eighth of the memory free makes the kernel kill processes")
    #expect(refusal("vm.min_free_kbytes", "135168") == nil)
    #expect(refusal("vm.swappiness", "4000000") == nil)
  }
}
