import Glibc
import TestSupport
import Testing
import TuneKit

@testable import TuneHost

@Suite struct VirtualFileTests {
  let tree = TemporaryTree()

  /// A version 3 header as qemu-img writes it: 10 GiB, 64 KiB clusters, a backing file.
  private func header(incompatible: UInt64 = 0, compatible: UInt64 = 0) -> [UInt8] {
    func big(_ value: UInt64, _ width: Int) -> [UInt8] {
      (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
    let name = Array("base.raw".utf8)
    var bytes: [UInt8] = big(0x5146_49fb, 4) + big(3, 4) + big(136, 8) + big(8, 4) + big(16, 4)
    bytes += big(10 << 30, 8) + big(0, 4) + big(1, 4) + big(0, 8) + big(0, 8)
    bytes += big(1, 4) + big(2, 4) + big(0, 8) + big(incompatible, 8) + big(compatible, 8)
    bytes += big(0, 8) + big(4, 4) + big(104, 4)
    bytes += big(0xe279_2aca, 4) + big(3, 4) + Array("raw".utf8) + [0, 0, 0, 0, 0] + big(0, 8)
    bytes += [UInt8](repeating: 0, count: 136 - bytes.count) + name
    return bytes
  }

  @Test func aQcow2HeaderIsRead() {
    let image = ImageHeader(header(incompatible: 16, compatible: 1))
    #expect(image.format == "qcow2")
    #expect(image.virtualBytes == 10 << 30)
    #expect(image.clusterBytes == 65536)
    #expect(image.backingFile == "base.raw")
    #expect(image.backingFormat == "raw")
    #expect(image.extendedL2 && image.lazyRefcounts && !image.hasDataFile)
    #expect(image.snapshots == 2)
  }

  @Test func noHeaderMakesItFail() {
    // Cut at every length, and every byte turned to 255.
    let whole = header()
    for length in 0..<whole.count { _ = ImageHeader(Array(whole[..<length])) }
    for index in 8..<whole.count {
      var changed = whole
      changed[index] = 255
      #expect(ImageHeader(changed).format == "qcow2")
    }
    #expect(ImageHeader([]).format == "raw")
    #expect(ImageHeader(Array("KDMV....".utf8)).format == "vmdk")
  }

  @Test func imagesOfDomainsAreFollowedDownTheirChain() throws {
    tree.write("/base.raw", String(repeating: "x", count: 8192))
    let top = tree.path + "/top.qcow2"
    let stream = try #require(fopen(top, "w"))
    let bytes = header()
    fwrite(bytes, 1, bytes.count, stream)
    fclose(stream)
    tree.fifo("/fifo")
    let snapshot = Snapshot(domains: [
      DomainSource(
        origin: "test",
        persistent: Known(
          """
          <domain><devices>
          <disk type='file'><source file='\(top)'/></disk>
          <disk type='file'><source file='\(tree.path)/fifo'/></disk>
          <disk type='file'><source file='\(tree.path)/absent'/></disk>
          </devices></domain>
          """, from: "test"))
    ])
    let json = ImageProbe(try Root("/"), snapshot).json
    #expect(json[top]?["format"]?.stringValue == "qcow2")
    #expect(json[top]?["backingPath"]?.stringValue == tree.path + "/base.raw")
    #expect(json[tree.path + "/base.raw"]?["virtualBytes"]?.intValue == 8192)
    #expect(json[tree.path + "/fifo"]?["missing"]?.stringValue == "is a FIFO, not a regular file")
    #expect(json[tree.path + "/absent"] == nil)
  }

  @Test func theLongestMountPointHoldsAPath() {
    let table = MountTable(
      """
      22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
      30 22 0:40 / /srv rw - nfs4 server:/export rw
      31 22 0:41 / /srv/with\\040blank ro shared:5 master:2 - xfs /dev/sdb rw
      nonsense
      """)
    #expect(table.mount(of: "/srvx/a")?.point == "/")
    #expect(table.mount(of: "/srv/a")?.type == "nfs4")
    #expect(table.mount(of: "/srv/with blank/a")?.source == "/dev/sdb")
    #expect(MountTable.mayHang("nfs4") && MountTable.mayHang("fuse.sshfs"))
    #expect(!MountTable.mayHang("xfs"))
  }

  @Test func aKernelRecordBecomesALine() {
    var log: [UInt8] = []
    let record = Array("6,339,5140900,-;NET: Registered PF_INET; ok\n SUBSYSTEM=net\n".utf8)
    record.withUnsafeBytes { KernelLog.append($0, to: &log) }
    #expect(String(decoding: log, as: UTF8.self) == "NET: Registered PF_INET; ok\n")
  }

  @Test func aThinPoolsLineSaysHowFullItIs() {
    let pool = DeviceMapper.pool("vg-pool", "1 152/2048 4096/8192 - rw discard_passdown - 1024")
    #expect(pool["dataPercent"]?.doubleValue == 50)
    #expect(pool["metadataPercent"]?.doubleValue == 7.42)
    #expect(DeviceMapper.pool("p", "Fail")["dataPercent"]?.isNull == true)
    #expect(DeviceMapper.snapshot("s", "300/1000 16")["percent"]?.doubleValue == 30)
    #expect(DeviceMapper.snapshot("s", "Invalid")["percent"]?.isNull == true)
  }

  @Test func theEndOfAnAnswerIsFound() {
    let text = "{\"a\":\"}\\\"}\",\"b\":{}}{"
    var scan = JSONEnd()
    #expect(text.utf8.firstIndex { scan.ends(with: $0) }.map { text[...$0] } == text.dropLast())
  }

  @Test func unitsAreReadFromWhatSystemdLeavesInFiles() throws {
    tree.directory("/run/systemd/system")
    tree.link("/run/systemd/units/invocation:irqbalance.service", to: "0123")
    tree.directory("/sys/fs/cgroup/system.slice/libvirtd.service")
    tree.write("/usr/lib/systemd/system/irqbalance.service", "")
    tree.write("/usr/lib/systemd/system/tuned.service", "")
    tree.write("/usr/lib/systemd/system/ksm.service", "")
    tree.write("/dev/null", "")
    tree.link("/etc/systemd/system/ksm.service", to: "/dev/null")
    tree.link(
      "/etc/systemd/system/multi-user.target.wants/irqbalance.service",
      to: "/usr/lib/systemd/system/irqbalance.service")
    #expect(
      Units(try Root(tree.path)).json.text()
        == """
        {"irqbalance.service":{"active":"active","enabled":"enabled"},\
        "ksm.service":{"active":"inactive","enabled":"masked"},\
        "libvirtd.service":{"active":"active","enabled":null},\
        "tuned.service":{"active":"inactive","enabled":"disabled"}}
        """)
  }

  @Test func thisMachineHasEveryVirtualFileOrAReason() throws {
    let files = try HostProbe.snapshot(ProbeRequest()).files
    for path in ReadingPlan.virtualFiles where !path.hasSuffix("hwloc.xml") {
      guard let reading = files[path] else {
        // Without libvirt's daemon there are no capabilities and versions, and one notice; what
        // the host doesn't have gets no file.
        let absent = ["capabilities.xml", "versions.json", "zfs.json", "ovs.json", "gpu.json"]
        #expect(absent.contains { path.hasSuffix($0) })
        continue
      }
      if case .missing(let reason) = reading { #expect(!reason.isEmpty) }
      if path.hasSuffix(".json"), case .text(let text) = reading {
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
      }
    }
  }
}
