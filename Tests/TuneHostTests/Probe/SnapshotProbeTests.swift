import Glibc
import TestSupport
import Testing
import TuneKit

@testable import TuneHost

@Suite struct SnapshotProbeTests {
  let tree = TemporaryTree()

  @Test(arguments: [
    ("cpu#", "cpu0", true), ("cpu#", "cpu17", true), ("cpu#", "cpufreq", false),
    ("cpu#", "cpu", false), ("*.conf", "a.conf", true), ("*.conf", ".conf", false),
    ("*", "x", true), ("*", ".x", false), ("a*b*c", "abbc", true), ("a*b*c", "acb", false),
    ("hugepages-*", "hugepages-2048kB", true), ("index#", "index1x", false),
  ])
  func aPatternMatchesWholeNames(_ pattern: String, _ name: String, _ expected: Bool) {
    #expect(NamePattern(pattern).matches(name) == expected)
  }

  @Test func whatThePlanNamesIsReadListedAndFollowed() throws {
    tree.write("/sys/devices/system/cpu/online", "0-1\n")
    tree.write("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0\n")
    tree.write("/sys/devices/system/cpu/cpu1/topology/core_cpus_list", "1\n")
    tree.write("/sys/devices/system/cpu/cpu1/topology/unheard_of", "1\n")
    tree.write("/sys/devices/x/block/vda/queue/scheduler", "[none]\n")
    tree.link("/sys/block/vda", to: "../devices/x/block/vda")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))

    #expect(snapshot.origin == .tree)
    #expect(snapshot.raw("/sys/devices/system/cpu/online").value == "0-1\n")
    let topology = "/topology/"
    let cpu = "/sys/devices/system/cpu/cpu"
    #expect(snapshot.text("\(cpu)0\(topology)thread_siblings_list").value == "0")
    #expect(snapshot.text("\(cpu)1\(topology)core_cpus_list").value == "1")
    #expect(snapshot.files["\(cpu)1\(topology)unheard_of"] == nil)
    #expect(snapshot.names("/sys/devices/system/cpu") == ["cpu0", "cpu1", "online"])
    #expect(snapshot.text("/sys/block/vda/queue/scheduler").value == "[none]")
    #expect(snapshot.links["/sys/block/vda"] == "/sys/devices/x/block/vda")
  }

  @Test func ofTwoSourcesForOneFactTheFirstIsEnough() throws {
    let topology = "/sys/devices/system/cpu/cpu0/topology"
    tree.write(topology + "/thread_siblings_list", "0\n")
    tree.write(topology + "/core_cpus_list", "0\n")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(snapshot.files[topology + "/core_cpus_list"] == nil)
  }

  @Test func aNameThatTwoPathsOfThePlanMeanIsReadForBoth() throws {
    // The plan has /etc/tuned/*/tuned.conf and /etc/tuned/profiles/*/tuned.conf.
    tree.write("/etc/tuned/profiles/tuned.conf", "a")
    tree.write("/etc/tuned/profiles/mine/tuned.conf", "b")
    tree.write("/etc/tuned/other/tuned.conf", "c")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(snapshot.text("/etc/tuned/profiles/tuned.conf").value == "a")
    #expect(snapshot.text("/etc/tuned/profiles/mine/tuned.conf").value == "b")
    #expect(snapshot.text("/etc/tuned/other/tuned.conf").value == "c")
  }

  @Test func aLinkIsResolvedFromWhereItLiesAlsoBehindAnother() throws {
    tree.write("/sys/devices/a/0000:00:01.0/class", "0x020000\n")
    tree.directory("/sys/bus/pci/drivers/e1000")
    tree.link("/sys/devices/a/0000:00:01.0/driver", to: "../../../bus/pci/drivers/e1000")
    tree.write("/sys/devices/b/0000:00:02.0/class", "0x010000\n")
    tree.link("/sys/bus/pci/devices/0000:00:01.0", to: "../../../devices/a/0000:00:01.0")
    tree.link("/sys/bus/pci/devices/0000:00:02.0", to: "/sys/devices/b/../b/0000:00:02.0")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    let devices = "/sys/bus/pci/devices"
    #expect(snapshot.text("\(devices)/0000:00:01.0/class").value == "0x020000")
    #expect(snapshot.text("\(devices)/0000:00:02.0/class").value == "0x010000")
    #expect(snapshot.links["\(devices)/0000:00:01.0/driver"] == "/sys/bus/pci/drivers/e1000")
    #expect(snapshot.links["\(devices)/0000:00:02.0"] == "/sys/devices/b/0000:00:02.0")
  }

  @Test func aFIFOInsteadOfAFileIsAMissingFact() throws {
    tree.fifo("/sys/kernel/mm/ksm/run")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(
      snapshot.raw("/sys/kernel/mm/ksm/run").missingReason == "is a FIFO, not a regular file")
  }

  @Test func domainsOfATreeCarryStateAndProcess() throws {
    tree.write("/etc/libvirt/qemu/web1.xml", "<domain type='kvm'><name>web1</name></domain>\n")
    tree.write("/etc/libvirt/qemu/db1.xml", "<domain type='kvm'><name>db1</name></domain>\n")
    tree.link("/etc/libvirt/qemu/autostart/db1.xml", to: "/etc/libvirt/qemu/db1.xml")
    tree.write("/etc/libvirt/qemu/networks/default.xml", "<network/>\n")
    tree.write(
      "/run/libvirt/qemu/web1.xml",
      """
      <!-- WARNING -->
      <domstatus state='paused' reason='user' pid='4711'>
        <domainData/>
        <domain type='kvm' id='1'>
          <name>web1</name>
        </domain>
      </domstatus>

      """)
    tree.write("/proc/4711/task/4712/comm", "CPU 0/KVM\n")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))

    #expect(
      snapshot.domains.map(\.origin) == ["db1", "web1"].map { "/etc/libvirt/qemu/\($0).xml" })
    let running = try #require(snapshot.domains.last)
    #expect(running.state == .paused)
    #expect(running.pid == 4711)
    #expect(running.live?.value == "<domain type='kvm' id='1'>\n    <name>web1</name>\n  </domain>")
    #expect(running.autostart == false)
    #expect(snapshot.domains.first?.state == .shutOff)
    #expect(snapshot.domains.first?.autostart == true)
    #expect(snapshot.text("/proc/4711/task/4712/comm").value == "CPU 0/KVM")
  }

  @Test func domainFilesOfADirectoryAreTakenAndNotThoseBelow() throws {
    tree.write("/tree/etc/libvirt/qemu/other.xml", "<domain/>")
    tree.write("/xml/b.xml", "<domain>b</domain>")
    tree.write("/xml/a.xml", "<domain>a</domain>")
    tree.write("/xml/notes.txt", "no")
    tree.write("/xml/below/c.xml", "<domain>c</domain>")
    let snapshot = try HostProbe.snapshot(
      ProbeRequest(root: tree.path + "/tree", domainXML: [tree.path + "/xml"]))
    #expect(
      snapshot.domains.map { $0.persistent?.value } == ["<domain>a</domain>", "<domain>b</domain>"])
  }

  @Test func aDomainFileThatIsNotThereIsNamed() {
    #expect(
      throws: ProbeError.input(
        path: "/nonexistent.xml", reason: "no such file or directory", denied: false)
    ) { try HostProbe.snapshot(ProbeRequest(domainXML: ["/nonexistent.xml"])) }
  }

  @Test func thisMachineIsReadTheSameWay() throws {
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: "/"))
    #expect(snapshot.text("/proc/sys/kernel/ostype").value == "Linux")
    #expect(snapshot.names("/sys/devices/system/cpu")?.contains("cpu0") == true)
  }

  @Test func aDirectoryOfAHundredThousandNamesIsAMissingFact() throws {
    let place = "/sys/kernel/iommu_groups"
    tree.directory(place)
    for number in 0..<100_000 {
      let descriptor = open("\(tree.path)\(place)/\(number)", O_WRONLY | O_CREAT, 0o644)
      if descriptor >= 0 { close(descriptor) }
    }
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(snapshot.names(place) == nil)
    #expect(snapshot.raw(place).missingReason == "holds more than 65536 names")
  }

  @Test func oddNamesAreReadAsTheyAre() throws {
    let name = "a\n\u{1b}[31mb\"<"
    tree.write("/sys/block/\(name)/queue/scheduler", "[none]\n")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(snapshot.names("/sys/block") == [name])
    #expect(snapshot.text("/sys/block/\(name)/queue/scheduler").value == "[none]")
  }

  @Test func anyNumberOfNamesOfSysfsIsFoundWithAndWithoutAList() throws {
    // From four plain names on a directory is listed; a FIFO and a link among them stay what they
    // are, and what is absent stays absent.
    let place = "/sys/devices/system/clocksource/clocksource0"
    tree.write("\(place)/current_clocksource", "tsc\n")
    tree.fifo("\(place)/available_clocksource")
    tree.write("/sys/kernel/mm/ksm/pages_shared", String(repeating: "7", count: 5000))
    tree.link("/sys/kernel/mm/ksm/run", to: "pages_shared")
    tree.fifo("/sys/kernel/mm/ksm/pages_sharing")
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(snapshot.text("\(place)/current_clocksource").value == "tsc")
    #expect(
      snapshot.raw("\(place)/available_clocksource").missingReason
        == "is a FIFO, not a regular file")
    #expect(snapshot.raw("/sys/kernel/mm/ksm/run").value?.count == 5000)
    #expect(snapshot.raw("/sys/kernel/mm/ksm/pages_sharing").value == nil)
    #expect(
      snapshot.raw("/sys/kernel/mm/ksm/pages_sharing").missingReason
        == "is a FIFO, not a regular file")
    #expect(snapshot.files["/sys/kernel/mm/ksm/merge_across_nodes"] == nil)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can make device nodes"))
  func aDeviceIsNotOpened() throws {
    tree.makeParents("/sys/kernel/mm/ksm/run")
    // The console's switch: to open and read it would do something.
    guard mknod(tree.path + "/sys/kernel/mm/ksm/run", S_IFCHR | 0o644, 0x0505) == 0 else { return }
    let snapshot = try HostProbe.snapshot(ProbeRequest(root: tree.path))
    #expect(
      snapshot.raw("/sys/kernel/mm/ksm/run").missingReason == "is a device, not a regular file")
    #expect(snapshot.hwloc.value == nil)
  }
}
