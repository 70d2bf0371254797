// Definitions and live calls through libvirt's test driver, and what is said where they are refused.

import TestSupport
import Testing

@testable import TuneHost
@testable import TuneKit

private let hasLibvirt = (try? Libvirt.shared()) != nil

@Suite(.enabled(if: hasLibvirt, "libvirt.so.0 is not installed")) struct DomainWriterTests {
  /// A node of its own for each connection: one guest that runs, one that is off, one without a
  /// definition.
  private let tree = TemporaryTree()
  private var uri: String { "test://\(tree.path)/node.xml" }

  private static func domain(_ name: String, _ number: Int, _ extra: String = "") -> String {
    """
    <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
      <name>\(name)</name>
      <uuid>\(uuid(number))</uuid>
      <memory>65536</memory>
      <vcpu>2</vcpu>
      <iothreads>1</iothreads>
      <os><type arch='i686'>hvm</type></os>
      \(extra)
    </domain>
    """
  }

  private static func uuid(_ number: Int) -> String {
    "00000000-0000-0000-0000-00000000000\(number)"
  }

  init() {
    let off = "<test:runstate>5</test:runstate>"
    tree.write(
      "/node.xml",
      """
      <node>
      \(Self.domain("runs", 1))
      \(Self.domain("off", 2, off))
      \(Self.domain("passing", 3, "<test:transient/>"))
      </node>
      """)
  }

  private func address(_ name: String, _ number: Int) -> DomainAddress {
    DomainAddress(uri: uri, uuid: Self.uuid(number), name: name)
  }

  private func told(_ body: () throws -> Void) -> String? {
    #expect(throws: SystemError.self) { try body() }?.sentence
  }

  @Test func aHypervisorThatIsNotThereIsNamed() {
    let sentence = told {
      _ = try DomainWriter(System()).address(uri: "nonsense:///x", name: "web1")
    }
    #expect(
      sentence?.hasPrefix("cannot connect to 'nonsense:///x': ") == true, "\(sentence ?? "")")
  }

  /// Also where it was there a moment ago: what is said is a sentence.
  @Test func aGuestThatLibvirtForgotIsNamed() {
    let gone = address("web1", 9)
    let writer = DomainWriter(System())
    let sentence = "cannot find domain 'web1': libvirt doesn't know it any more"
    #expect(told { _ = try writer.definition(gone) } == sentence)
    #expect(told { _ = try writer.isRunning(gone) } == sentence)
    #expect(told { _ = try writer.current(.pinEmulator([0]), gone, online: [0]) } == sentence)
    #expect(told { try writer.perform(.pinEmulator([0]), gone) } == sentence)
  }

  @Test func aTransientGuestHasNoDefinitionToEdit() throws {
    #expect(
      told { _ = try DomainWriter(System()).definition(address("passing", 3)) }
        == "cannot read definition of 'passing': the domain is transient")
  }

  /// libvirt keeps metadata as it is, also where it is more than is read here.
  @Test func aRunningGuestWhoseDefinitionIsNotReadIsLeftAlone() throws {
    let attributes = (0...256).map { "a\($0)='x'" }.joined(separator: " ")
    tree.write(
      "/node.xml",
      "<node>\(Self.domain("runs", 1, "<metadata><m:m xmlns:m='m' \(attributes)/></metadata>"))</node>"
    )
    #expect(
      told {
        _ = try DomainWriter(System()).current(.pinEmulator([0]), address("runs", 1), online: [0])
      } == "cannot read state of 'runs': its definition is malformed")
  }

  @Test func aDefinitionThatSomebodyChangedIsNotReplaced() throws {
    let runner = StepRunner(System())
    let guest = address("off", 2)
    let before = try runner.domains.definition(guest)
    let step = Step.definition(guest, before: before + " ", after: before)
    #expect(
      told { _ = try runner.perform(step) }
        == "cannot define 'off': somebody changed it meanwhile")
  }

  @Test func eachLiveCallThatIsRefusedIsNamed() throws {
    let connection = try LibvirtConnection(uri, readOnly: false)
    let guest = try #require(connection.domain("off"))
    #expect(guest.state == .shutOff)
    func call(_ body: () throws -> Void) -> String? {
      guard
        case .failed(let call, let reason)? = #expect(throws: LibvirtError.self, performing: body)
      else { return nil }
      #expect(!reason.isEmpty)
      return call
    }
    #expect(call { try guest.pin(vcpu: 0, to: [0], .live) } == "vcpupin")
    #expect(call { try guest.pinEmulator(to: [0], .live) } == "emulatorpin")
    #expect(call { try guest.pin(ioThread: 1, to: [0], .live) } == "iothreadpin")
    #expect(call { try guest.setMemoryNodes([0], .live) } == "numatune")
    #expect(call { try connection.define("<domain/>") } == "define")
    let reading = try #require(try LibvirtConnection(uri).domain("off"))
    #expect(call { _ = try reading.xml(inactive: true, secure: true) } == "dumpxml")
  }

  // MARK: - Transactions

  private func why(_ guest: String, _ edits: [XMLEdit]) throws -> String? {
    let stage = Stage()
    var assignment = stage.assignment(rules: [Stage.rules[4]])
    assignment.domainsAreNamedFiles = true
    for index in assignment.plan.changes.indices {
      assignment.plan.changes[index].change = .domain(DomainChange(domain: "web1", edits: edits))
    }
    var host = stage.snapshot
    host.domains[0].origin = "\(uri) \(guest)"
    assignment.facts = Facts(host)
    let session = try Session(stage.state, command: "test", now: "T")
    let outcome = try session.carryOut(assignment, now: "T", toolVersion: "0")
    #expect(outcome.left.isEmpty)
    guard case .rolledBack(let why) = outcome.ending else { return nil }
    return why
  }

  @Test func aGuestThatIsGoneFromLibvirtEndsTheTransaction() throws {
    let why = try why("nobody", [.ensure("memoryBacking/hugepages")])
    #expect(why == "cannot find domain 'nobody': libvirt doesn't know it any more")
  }

  @Test func whatLibvirtDropsEndsTheTransaction() throws {
    let kept = try why("off", [.setText("description", "kept")])
    #expect(kept == nil)
    let dropped = try why("off", [.ensure("blkiotune")])
    #expect(dropped == "cannot define 'off': libvirt did not keep 'blkiotune'")
  }
}
