import Testing

@testable import TuneKit

@Suite struct HostIdentityTests {
  private func identity(_ snapshot: Snapshot) -> HostIdentity { HostIdentity(snapshot) }

  private func host(_ cpuinfo: String) -> Snapshot { Snapshot().with("/proc/cpuinfo", cpuinfo) }

  @Test func anExampleHostIsBareMetal() {
    let host = identity(.exampleHost())
    #expect(host.name == "host1")
    #expect(host.kernel == "6.1.0-13-amd64")
    #expect(host.cpuModel == "Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz")
    #expect(host.virtualized == false)
    #expect(host.kernelVersion ?? (0, 0) == (6, 1))
  }

  @Test func theIDIsAHashAndNotTheMachineID() {
    let id = identity(.exampleHost()).id
    #expect(id?.count == 32)
    #expect(id != "0123456789abcdef0123456789abcdef")
    #expect(identity(Snapshot().with("/etc/machine-id", "uninitialized\n")).id == nil)
  }

  @Test func nobodyKnowsWhatIsNotThere() {
    let host = identity(Snapshot())
    #expect(host.name == nil && host.id == nil && host.cpuModel == nil && host.virtualized == nil)
  }

  @Test(arguments: [
    (
      "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n",
      "ARM Neoverse-N1"
    ),
    ("processor\t: 0\ncpu\t\t: POWER9, altivec supported\n", "POWER9, altivec supported"),
    (
      "vendor_id       : IBM/S390\nprocessor 0: version = FF,  identification = 1,  machine = 2964\n",
      "IBM/S390 2964"
    ),
    ("processor\t: 0\nhart\t: 1\nisa\t: rv64imafdc\nuarch\t: sifive,u74-mc\n", "sifive,u74-mc"),
    ("processor\t: 0\nCPU implementer\t: 0x99\nCPU part\t: 0x1\n", "implementer 0x99 part 0x1"),
  ])
  func everyArchitectureHasAModel(cpuinfo: String, model: String) {
    #expect(identity(host(cpuinfo)).cpuModel == model)
  }

  @Test func theHypervisorFlagMakesAGuest() {
    #expect(identity(host("processor : 0\nflags : fpu hypervisor vmx\n")).virtualized == true)
  }

  @Test func aXenDom0OwnsItsHardware() {
    let dom0 = host("processor : 0\nflags : fpu hypervisor\n")
      .with("/proc/xen/capabilities", "control_d\n")
    #expect(identity(dom0).virtualized == false)
  }

  @Test(arguments: [("QEMU", "KVM Virtual Machine", true), ("Amazon EC2", "c6g.metal", false)])
  func firmwareTellsOnARM(vendor: String, product: String, guest: Bool) {
    let arm = host("processor : 0\nCPU architecture: 8\n")
      .with("/sys/class/dmi/id/sys_vendor", vendor)
      .with("/sys/class/dmi/id/product_name", product)
    #expect(identity(arm).virtualized == guest)
  }

  @Test func flagsAreThoseOfEveryCPU() {
    let processor = Processor(
      host(
        "processor : 0\nflags : fpu vmx\nmicrocode : 0x1\nprocessor : 1\nflags : fpu\nmicrocode : 0x2\n"
      ))
    #expect(processor.flags.value == ["fpu"])
    #expect(processor.microcode == ["0x1", "0x2"])
  }

  @Test func vulnerabilitiesAreReadByTheirPrefix() {
    let texts: [(String, Vulnerability.State)] = [
      ("Not affected", .notAffected), ("Mitigation: PTE Inversion; SMT vulnerable", .mitigated),
      ("Vulnerable: Safe RET, no microcode", .vulnerable), ("KVM: Vulnerable", .vulnerable),
      ("KVM: Mitigation: VMX disabled", .mitigated),
      ("Unknown: Dependent on hypervisor status", .unknown),
    ]
    for (text, state) in texts {
      #expect(Vulnerability(name: "x", text: text).state == state)
    }
  }
}
