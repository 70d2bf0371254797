import Testing

@testable import TuneKit

@Suite struct SnapshotModelTests {
  private let pool = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB"

  private var host: Snapshot {
    Snapshot(
      files: [
        pool + "/nr_hugepages": .text("2\n"), pool + "/free_hugepages": .text("1\n"),
        "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": .text("5\n"),
        "/proc/meminfo": .text(
          "MemFree:        1000000 kB\nHugePages_Total:       5\nHugepagesize:       2048 kB\n"),
        "/proc/sys/vm/dirty_ratio": .text("0\n"), "/proc/sys/vm/dirty_bytes": .text("4096\n"),
      ], directories: ["/etc": ["sysctl.d"]])
  }

  @Test func countersOfPoolsFollow() throws {
    let after = try host.applying(.hugePages(node: 0, pageSizeKiB: 2048, count: 10))
    #expect(after.integer(pool + "/nr_hugepages").value == 10)
    #expect(after.integer(pool + "/free_hugepages").value == 9)
    #expect(
      after.integer("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages").value == 13)
    #expect(
      after.raw("/proc/meminfo").value
        == "MemFree:         983616 kB\nHugePages_Total:      13\nHugepagesize:       2048 kB\n")
  }

  @Test func pagesInUseStay() throws {
    let after = try host.applying(.hugePages(node: 0, pageSizeKiB: 2048, count: 0))
    #expect(after.integer(pool + "/nr_hugepages").value == 1)
  }

  @Test func oneOfAPairZeroesTheOther() throws {
    let after = try host.applying(.knob(path: "/proc/sys/vm/dirty_ratio", value: "10"))
    #expect(after.text("/proc/sys/vm/dirty_bytes").value == "0")
  }

  @Test func aNewDropInIsListed() throws {
    let after = try host.applying(.persist(.sysctl(key: "vm.swappiness", value: "10")))
    #expect(after.names("/etc/sysctl.d") == ["60-tuned-vm.conf"])
    #expect(after.raw(DropIn.sysctl.path).value?.contains("vm.swappiness = 10") == true)
  }

  @Test(arguments: [
    Change.hugePages(node: 0, pageSizeKiB: 2048, count: 10),
    .hugePages(node: 1, pageSizeKiB: 2048, count: 0),
    .hugePages(node: 1, pageSizeKiB: 1_048_576, count: 3),
    .knob(path: "/proc/sys/vm/dirty_ratio", value: "10"),
    .knob(path: "/sys/kernel/mm/transparent_hugepage/enabled", value: "madvise"),
    .persist(.sysctl(key: "vm.swappiness", value: "10")),
  ])
  func whatApplyingNamesIsExactlyWhatChanged(_ change: Change) throws {
    for before in [host, .exampleHost(), .exampleHost(nodes: 1)] {
      var after = before
      guard let named = try? after.apply(change) else {
        #expect(after == before, "a refused change leaves everything")
        continue
      }
      let files = Set(before.files.keys).union(after.files.keys)
      #expect(named == files.filter { before.files[$0] != after.files[$0] }.sorted())
      #expect(try before.applying(change) == after)
    }
  }

  @Test func whatIsNotThereCanNotBeWritten() {
    #expect(throws: ModelError("cannot write '/sys/none': no such file")) {
      try host.applying(.knob(path: "/sys/none", value: "1"))
    }
    #expect(throws: ModelError("node 0 has no pool of 16 KiB pages")) {
      try host.applying(.hugePages(node: 0, pageSizeKiB: 16, count: 1))
    }
  }

  @Test func whatTheKernelDoesNotOfferCanNotBeWritten() {
    let path = "/sys/block/sda/queue/scheduler"
    #expect(
      throws: ModelError("'\(path)' does not offer 'bfq'; it shows '[none] mq-deadline'")
    ) {
      try host.with(path, "[none] mq-deadline\n").applying(.knob(path: path, value: "bfq"))
    }
  }

  /// A domain that is not there, one that has no definition for the next start, and an edit that
  /// can't be made.
  @Test func aDefinitionThatCanNotBeEditedIsToldWithItsDomain() throws {
    func told(_ snapshot: Snapshot, _ domain: String, _ edits: [XMLEdit] = []) -> String? {
      let error = #expect(throws: ModelError.self) {
        try snapshot.applying(.domain(DomainChange(domain: domain, edits: edits)))
      }
      return error?.description
    }
    #expect(told(host, "web1") == "domain 'web1': domain: no domain 'web1'")
    var transient = Snapshot()
    transient.domains = [
      DomainSource(
        origin: "web1.xml", persistent: nil, live: Known(DomainXML.example(), from: "a"))
    ]
    #expect(
      told(transient, "web1")
        == "domain 'web1': domain: the domain is transient: nothing to edit")
    var editor = DefinitionEditor()
    let document = try XMLDocument(DomainXML.example())
    #expect(
      throws: ModelError(
        "cannot edit the definition of 'web1': devices/disk[8]: there are only 0 'disk'")
    ) {
      try editor.apply(
        [.ensure(XMLPath("devices").child("disk", index: 7))], to: document, domain: "web1",
        nodes: [])
    }
  }
}
