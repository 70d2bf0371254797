// Laws 1 and 2 on captured hosts with untuned guests, under every profile: after apply the next plan
// holds advice only, and rollback gives back every byte.

import TestSupport
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct LawTests {
  /// Untuned guests of different kinds.
  static let guests: [(name: String, xml: String)] = [
    (
      "plain",
      """
      <!-- a comment that stays -->
      <domain type='kvm' xmlns:v='urn:vendor'>
        <name>plain</name>
        <uuid>11111111-1111-1111-1111-111111111111</uuid>
        <metadata>
          <v:owner>someone</v:owner>
          <o:libosinfo xmlns:o="http://libosinfo.org/xmlns/libvirt/domain/1.0">
            <o:os id="http://debian.org/debian/12"/>
          </o:libosinfo>
        </metadata>
        <memory unit='MiB'>512</memory>
        <vcpu placement='static'>2</vcpu>
        <os>
          <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
        </os>
        <features>
          <acpi/>
        </features>
        <devices>
          <emulator>/usr/bin/qemu-system-x86_64</emulator>
          <disk type="file" device="disk">
            <driver name="qemu" type="qcow2"/>
            <source file="/var/lib/libvirt/images/plain.qcow2"/>
            <target dev="vda" bus="virtio"/>
          </disk>
          <interface type='bridge'>
            <mac address='52:54:00:00:00:01'/>
            <source bridge='br0'/>
            <model type='virtio'/>
          </interface>
          <graphics type='vnc' port='-1' passwd='secret'/>
        </devices>
      </domain>

      """
    ),
    (
      "large",
      """
      <domain type='kvm'>
        <name>large</name>
        <uuid>22222222-2222-2222-2222-222222222222</uuid>
        <memory>8388608</memory>
        <vcpu>12</vcpu>
        <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os>
        <devices>
          <disk type='block' device='disk'>
            <driver name='qemu' type='raw' cache='writethrough'/>
            <source dev='/dev/nvme0n1'/><target dev='hda' bus='ide'/>
          </disk>
          <interface type='network'>
            <mac address='52:54:00:00:00:02'/><source network='default'/><model type='e1000'/>
          </interface>
        </devices>
      </domain>

      """
    ),
    (
      "windows",
      """
      <domain type='kvm'>
        <name>windows</name>
        <uuid>33333333-3333-3333-3333-333333333333</uuid>
        <metadata>
          <l:libosinfo xmlns:l="http://libosinfo.org/xmlns/libvirt/domain/1.0">
            <l:os id="http://microsoft.com/win/2k22"/>
          </l:libosinfo>
        </metadata>
        <memory unit='GiB'>4</memory>
        <vcpu>4</vcpu>
        <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
        <cpu mode='host-model'/>
        <devices>
          <disk type='file' device='disk'>
            <source file='/w.img'/><target dev='sda' bus='sata'/>
          </disk>
        </devices>
      </domain>

      """
    ),
  ]

  private struct Play {
    let tree: TemporaryTree
    let state: TemporaryTree
    let profile: EffectiveProfile

    init(_ host: String, _ profile: String) throws {
      tree = try CapturedHost(host).unpacked()
      for guest in LawTests.guests {
        tree.write("/etc/libvirt/qemu/\(guest.name).xml", guest.xml)
      }
      state = TemporaryTree(inMemory: true)
      self.profile = try ProfileLibrary.effective(profile)
    }

    func plan() throws -> (Plan, Facts) {
      let (plan, facts, _) = try judged()
      return (plan, facts)
    }

    func judged() throws -> (Plan, Facts, Report) {
      let facts = Facts(try HostProbe.snapshot(ProbeRequest(root: tree.path)))
      let rules = Catalogue.rules(for: profile)
      let context = Context(facts: facts, profile: profile, today: "2026-01-01")
      let report = Audit.report(context, rules: rules, toolVersion: "0", generatedAt: "")
      return (Planner.plan(report, context, rules: rules), facts, report)
    }

    func session() throws -> Session {
      try Session(StateDirectory(state.path + "/s"), command: "test", now: "T")
    }
  }

  /// Every host and every profile.
  static let cases: [(host: String, profile: String)] = CapturedHost.names.flatMap { host in
    ProfileLibrary.names.map { (host, $0) }
  }

  @Test(arguments: cases)
  func afterApplyThePlanIsEmptyAndRollbackGivesBackEveryByte(host: String, profile: String) throws {
    let play = try Play(host, profile)
    let before = play.tree.contents()
    let (plan, facts) = try play.plan()
    #expect(plan.conflicts.isEmpty, "\(plan.conflicts)")
    guard !plan.work.isEmpty else { return }
    let session = try play.session()
    let assignment = Assignment(
      plan: plan, facts: facts, host: .tree(play.tree.path), domainsAreNamedFiles: false)
    let outcome = try session.carryOut(assignment, now: "T", toolVersion: "0")
    #expect(outcome.ending == .done)
    #expect(outcome.made.map(\.id) == plan.work.map(\.id))
    let (next, _, report) = try play.judged()
    let made = Set(plan.work.map(\.rule))
    let wrong = report.findings.filter { finding in
      // What other rules' changes or gates leave is advice by now and was not made.
      made.contains(finding.rule) && !finding.violation.remedy.changes.isEmpty
        && plan.work.contains {
          $0.rule == finding.rule
            && ($0.subject == finding.subject
              || finding.subject.name.split(separator: "/").first.map(String.init)
                == $0.subject.name)
        }
        && !plan.refusals.contains { $0.rule == finding.rule }
    }
    #expect(wrong.isEmpty, "\(wrong.map { "\($0.rule) \($0.subject.name) still violated" })")
    #expect(
      next.work.isEmpty,
      "\(next.work.map { "\($0.rule) \($0.target): \($0.before ?? "-") -> \($0.after ?? "-")" })")
    let done = try session.rollback(nil, now: "T", force: false)
    #expect(done.left.isEmpty)
    let isAsBefore = play.tree.contents() == before
    #expect(isAsBefore)
  }
}
