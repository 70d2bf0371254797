// Definitions made to do harm: refused with their place, or escaped in every format; never a crash.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct HostileDomainTests {
  /// Names that would leave their place in some format: tags, quotes, formulas, labels, links,
  /// direction marks and line separators. Control characters can't stand in XML 1.0 at all.
  private static let name =
    "a\u{202E}b\u{2028}&lt;script&gt;alert(1)&lt;/script&gt;&quot;&apos;`|]({x}[y](https://e.vil)\\n# HELP"
  private static let path = "/i/&lt;img src=x onerror=y&gt;&#10;&#9;\u{85}\u{2066}.qcow2"

  private static let domain = """
    <domain type='kvm'>
      <name>\(name)</name>
      <memory unit='GiB'>64</memory>
      <vcpu placement='static'>80</vcpu>
      <os><type arch='x86_64' machine='&lt;b&gt;q35&lt;/b&gt;'>hvm</type></os>
      <cpu><topology sockets='1' cores='2' threads='2'/></cpu>
      <devices>
        <disk type='file'>
          <driver name='qemu' type='vmdk' cache='unsafe' io='native'/>
          <source file='\(path)'/><target dev='&lt;i&gt;vda' bus='ide'/>
        </disk>
        <interface type='bridge'>
          <mac address='52:54:00:&lt;u&gt;'/><source bridge='&#10;br0'/><model type='&lt;e1000&gt;'/>
        </interface>
        <graphics type='vnc' listen='0.0.0.0'/>
      </devices>
    </domain>

    """

  @Test(arguments: ["text", "json", "html", "sarif", "junit", "prometheus", "markdown"])
  func itsNamesAreEscaped(format: String) throws {
    let directory = TemporaryTree()
    directory.write("/evil.xml", bytes: Array(Self.domain.utf8))
    let outcome = try Program.run([
      "audit", "--root", directory.path, "--domain-xml", directory.path + "/evil.xml", "--format",
      format, "-v",
    ])
    #expect(outcome.status == 1, "\(outcome.errors)")
    let isJSON = format == "json" || format == "sarif"
    let raw = (outcome.output + outcome.errors).unicodeScalars.filter {
      Escape.isUnsafe($0) && $0 != "\n"
    }
    #expect(isJSON ? raw.allSatisfy { $0.value > 0x7F } : raw.isEmpty, "\(raw)")
    if format == "html" || format == "junit" || format == "markdown" {
      for tag in ["<script>alert", "<img src=x", "<b>q35", "<i>vda", "<u>", "<e1000>"] {
        #expect(!outcome.output.contains(tag), "\(tag) in \(format)")
      }
    }
    if isJSON { _ = try JSONValue(parsing: outcome.output) }
  }

  /// What is refused, and with which exit code. None may take long or end in a signal.
  private static let refused: [(String, String)] = [
    (
      "entities",
      "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
        + "<domain type='kvm'><name>&b;</name></domain>"
    ),
    (
      "an external entity",
      "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain><name>&x;</name></domain>"
    ),
    ("nesting", String(repeating: "<domain>", count: 100_000)),
    ("attributes", "<domain \((0..<100_000).map { "a\($0)=''" }.joined(separator: " "))/>"),
    ("a newline in the name", "<domain type='kvm'><name>a&#10;b</name></domain>"),
    ("an escape code in the name", "<domain type='kvm'><name>a&#27;[31mb</name></domain>"),
    ("a raw escape code", "<domain type='kvm'><name>a\u{1B}[31mb</name></domain>"),
    ("a set without end", "<domain><name>a</name><vcpu cpuset='0-4294967295'>1</vcpu></domain>"),
    ("vCPUs without end", "<domain><name>a</name><vcpu>99999999999999999999</vcpu></domain>"),
    ("less than no memory", "<domain><name>a</name><memory>-1</memory></domain>"),
    ("more memory than there is", "<domain><name>a</name><memory unit='E'>99</memory></domain>"),
    ("a text that isn't UTF-8", "<domain><name>\u{FFFD}</name>\u{0}</domain>"),
  ]

  @Test(arguments: refused.indices)
  func itIsRefusedWithItsPlace(index: Int) throws {
    let (what, text) = Self.refused[index]
    let directory = TemporaryTree()
    directory.write("/evil.xml", bytes: Array(text.utf8))
    let outcome = try Program.run([
      "audit", "--root", directory.path, "--domain-xml", directory.path + "/evil.xml",
    ])
    #expect(outcome.status == 65, "\(what): \(outcome.status) \(outcome.errors)")
    #expect(outcome.errors.contains("evil.xml:"), "\(what): \(outcome.errors)")
    #expect(!outcome.errors.unicodeScalars.contains("\u{1B}"), "\(what)")
  }

  /// Odd, but no reason to refuse: rules must cope.
  private static let odd: [(String, String)] = [
    ("nothing but a name", "<domain type='kvm'><name>a</name></domain>"),
    (
      "many pins",
      "<domain type='kvm'><name>a</name><vcpu>4096</vcpu><cputune>"
        + (0..<4096).map { "<vcpupin vcpu='\($0)' cpuset='\($0 % 8)'/>" }.joined()
        + "</cputune></domain>"
    ),
    (
      "many disks of one name",
      "<domain type='kvm'><name>a</name><vcpu>4</vcpu><devices>"
        + String(
          repeating: "<disk type='file'><source file='/a'/><target dev='vda'/></disk>", count: 200)
        + "</devices></domain>"
    ),
    (
      "a topology whose product overflows",
      "<domain type='kvm'><name>a</name><vcpu>4</vcpu><cpu><topology sockets='65535' dies='65535' "
        + "clusters='65535' cores='65535' threads='65535'/></cpu></domain>"
    ),
    (
      "cells that overlap and sum up to too much",
      "<domain type='kvm'><name>a</name><vcpu>4</vcpu><cpu><numa>"
        + String(repeating: "<cell id='0' cpus='0-3' memory='7' unit='E'/>", count: 8)
        + "</numa></cpu></domain>"
    ),
    (
      "pages without size, for cells that aren't there",
      "<domain type='kvm'><name>a</name><memory unit='E'>7</memory><memoryBacking><hugepages>"
        + "<page nodeset='900'/><page size='0'/><page size='7' unit='E'/></hugepages>"
        + "</memoryBacking><numatune><memnode cellid='77' nodeset='88'/></numatune></domain>"
    ),
    (
      "backing stores to no end",
      "<domain type='kvm'><name>a</name><devices><disk type='file'><source file='/a'/>"
        + (0..<200).map { _ in "<backingStore type='file'><source file='/a'/>" }.joined()
        + String(repeating: "</backingStore>", count: 200)
        + "<target dev='vda'/></disk></devices></domain>"
    ),
    (
      "a controller, an interface and a device of nothing",
      "<domain type='kvm'><name>a</name><devices><controller/><interface/><hostdev/><disk/>"
        + "<memballoon/><graphics/><channel/><video/><tpm/><memory/></devices></domain>"
    ),
  ]

  @Test(arguments: odd.indices)
  func whatIsOddIsJudged(index: Int) throws {
    let (what, text) = Self.odd[index]
    let directory = TemporaryTree()
    directory.write("/odd.xml", bytes: Array(text.utf8))
    for profile in ["general", "hpc", "secure"] {
      for command in ["audit", "plan"] {
        let outcome = try Program.run([
          command, "--root", directory.path, "--domain-xml", directory.path + "/odd.xml",
          "--profile", profile,
        ])
        #expect(
          outcome.status == 0 || outcome.status == 1 || outcome.status == 65,
          "\(what): \(outcome.status) \(outcome.errors)")
      }
    }
  }
}
