// Planted faults: pins, modes, topology, timers (rules.md §3).

@testable import TuneKit

extension PlantedFault {
  private static let pins =
    "<cputune><vcpupin vcpu='0' cpuset='1'/><vcpupin vcpu='1' cpuset='2'/></cputune>"
  private static let rtPin = "<vcpupin vcpu='3' cpuset='7'/>"
  private static let dbPin = "<vcpupin vcpu='7' cpuset='55'/>"

  static let cpu: [PlantedFault] = [
    // cpu.pin-required
    .edit("general-wide", "cpu.pin-required", "wide", " cpuset='16-31,48-63,^16,^48'", ""),
    .edit(
      "general-wide", "cpu.pin-required", "wide", "cpuset='16-31,48-63,^16,^48'", "cpuset='0-63'"),
    .edit("secure", "cpu.pin-required", "vault", "static'>2<", "static'>12<"),
    .edit("throughput", "cpu.pin-required", "batch1", "static'>8<", "static'>16<"),
    .edit(
      "network", "cpu.pin-required", "fw1", "<vcpupin vcpu='3' cpuset='15'/>",
      "<vcpupin vcpu='3' cpuset='14-15'/>"),
    .edit(
      "latency", "cpu.pin-required", "rt1", "<vcpu placement='static'>",
      "<vcpu placement='static' cpuset='8-15'>"
    ).and(
      "<vcpupin vcpu='0' cpuset='4'/>\n    <vcpupin vcpu='1' cpuset='5'/>\n"
        + "    <vcpupin vcpu='2' cpuset='6'/>\n    " + rtPin, ""),
    // cpu.pin-complete
    .edit("db", "cpu.pin-complete", "db1", dbPin, ""),
    .edit("db", "cpu.pin-complete", "db1", dbPin, dbPin + "<vcpupin vcpu='9' cpuset='54'/>"),
    .edit("latency", "cpu.pin-complete", "rt1", rtPin, ""),
    .edit(
      "general-virt-manager", "cpu.pin-complete", "web1", "<iothreads>1</iothreads>",
      "<iothreads>1</iothreads>" + pins),
    // cpu.pin-offline
    .edit("db", "cpu.pin-offline", "db1", "cpuset='55'", "cpuset='99'"),
    .edit(
      "db", "cpu.pin-offline", "db1", "<emulatorpin cpuset='16,48'/>", "<emulatorpin cpuset='70'/>"),
    .edit(
      "latency", "cpu.pin-offline", "rt1", "<iothreadpin iothread='1' cpuset='1'/>",
      "<iothreadpin iothread='1' cpuset='64'/>"),
    .edit("general-wide", "cpu.pin-offline", "wide", "16-31,48-63,^16,^48", "16-31,48-79,^16,^48"),
    .host("db", "cpu.pin-offline", "db1", runs: false) {
      $0.with("/sys/devices/system/cpu/online", "0-52,54-63\n")
    },
    // cpu.pin-overlap
    .host("db", "cpu.pin-overlap", "db1") {
      $0.beside("gpu", ("cpuset='28'", "cpuset='20'"))
    },
    .edit("db", "cpu.pin-overlap", "db1", "cpuset='55'", "cpuset='54'"),
    .edit("latency", "cpu.pin-overlap", "rt1", "vcpu='1' cpuset='5'", "vcpu='1' cpuset='4'"),
    .host("hpc", "cpu.pin-overlap", "sim1") {
      $0.beside("network", ("cpuset='12'", "cpuset='8'"))
    },
    // cpu.pin-siblings
    .edit("db", "cpu.pin-siblings", "db1", "cores='4' threads='2'", "cores='8' threads='1'"),
    .edit("db", "cpu.pin-siblings", "db1", "vcpu='1' cpuset='52'", "vcpu='1' cpuset='56'"),
    .edit("latency", "cpu.pin-siblings", "rt1", "vcpu='3' cpuset='7'", "vcpu='3' cpuset='36'"),
    .host("latency", "cpu.pin-siblings", "rt1") {
      $0.beside("gpu", ("cpuset='28'", "cpuset='36'"))
    },
    // cpu.emulatorpin
    .edit("latency", "cpu.emulatorpin", "rt1", "<emulatorpin cpuset='0,32'/>", ""),
    .edit(
      "network", "cpu.emulatorpin", "fw1", "<emulatorpin cpuset='0,32'/>",
      "<emulatorpin cpuset='12-13'/>"),
    .edit("hpc", "cpu.emulatorpin", "sim1", "<emulatorpin cpuset='0,32,16,48'/>", ""),
    .edit("db", "cpu.emulatorpin", "db1", "<emulatorpin cpuset='16,48'/>", ""),
    // cpu.iothreadpin
    .edit("db", "cpu.iothreadpin", "db1", "<iothreadpin iothread='2' cpuset='49'/>", ""),
    .edit("db", "cpu.iothreadpin", "db1", "iothread='2' cpuset='49'", "iothread='2' cpuset='20'"),
    .edit("latency", "cpu.iothreadpin", "rt1", "<iothreadpin iothread='1' cpuset='1'/>", ""),
    .edit("db", "cpu.iothreadpin", "db1", "iothread='1' cpuset='17'", "iothread='1' cpuset='1'"),
    // cpu.isolated-floating
    .edit(
      "general-wide", "cpu.isolated-floating", "wide", "cpuset='16-31,48-63,^16,^48'",
      "cpuset='1-15,32-47'"),
    .edit("db", "cpu.isolated-floating", "db1", "vcpu='7' cpuset='55'", "vcpu='7' cpuset='4-5'"),
    // cpu.dedicated-shared
    .host("db", "cpu.dedicated-shared", "db1") { $0.beside("general-virt-manager") },
    .host("latency", "cpu.dedicated-shared", "rt1") {
      $0.beside("general-wide", ("cpuset='16-31,48-63,^16,^48'", "cpuset='2-15'"))
    },
    .host("hpc", "cpu.dedicated-shared", "sim1") { $0.beside("throughput") },
    // cpu.topology
    .edit(
      "general-virt-manager", "cpu.topology", "web1", "cores='4' threads='1'",
      "cores='4' threads='2'"),
    .edit(
      "db", "cpu.topology", "db1", "sockets='1' dies='1' cores='4'",
      "sockets='2' dies='1' cores='4'"),
    .edit(
      "desktop", "cpu.topology", "pc7", "<topology sockets='1' cores='4' threads='1'/>", ""),
    .edit("desktop", "cpu.topology", "pc7", "sockets='1' cores='4'", "sockets='4' cores='1'"),
    .edit(
      "hpc", "cpu.topology", "sim1", "sockets='2' cores='4' threads='1'",
      "sockets='4' cores='4' threads='1'"),
    // cpu.mode
    .edit(
      "general-virt-manager", "cpu.mode", "web1", "<cpu mode='host-model' check='partial'>",
      "<cpu>"),
    .edit(
      "db", "cpu.mode", "db1", "<cpu mode='host-passthrough' check='none' migratable='on'>",
      "<cpu mode='custom' match='exact'><model>Skylake-Server</model>"
    ).and("<cache mode='passthrough'/>", ""),
    .edit(
      "secure", "cpu.mode", "vault", "<cpu mode='host-model'>",
      "<cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model>"),
    .edit(
      "migratable", "cpu.mode", "erp1", "<model fallback='forbid'>Cascadelake-Server</model>",
      "<model fallback='allow'>kvm64</model>"),
    .edit(
      "general-windows", "cpu.mode", "win2022", "<cpu mode='host-model' check='partial'>", "<cpu>"),
    .edit("general-microvm", "cpu.mode", "fn1", "<cpu mode='host-passthrough'/>", ""),
    // cpu.cache-passthrough
    .edit("hpc", "cpu.cache-passthrough", "sim1", "<cache mode='passthrough'/>", ""),
    .edit("db", "cpu.cache-passthrough", "db1", "<cache mode='passthrough'/>", ""),
    // cpu.kvm-hints
    .edit("latency", "cpu.kvm-hints", "rt1", "<hint-dedicated state='on'/>", ""),
    .edit(
      "general-virt-manager", "cpu.kvm-hints", "web1", "<vmport state='off'/>",
      "<kvm><hint-dedicated state='on'/></kvm><vmport state='off'/>"),
    .host("hpc", "cpu.kvm-hints", "sim1") { $0.beside("secure") },
    // cpu.vcpusched
    .host("latency", "cpu.vcpusched", "rt1", runs: false) {
      $0.with("/sys/devices/system/cpu/isolated", "4-6\n")
    },
    .edit(
      "db", "cpu.vcpusched", "db1", "<emulatorpin cpuset='16,48'/>",
      "<emulatorpin cpuset='16,48'/><vcpusched vcpus='0-7' scheduler='rr' priority='2'/>"),
    // cpu.pmu, cpu.quota
    .edit("latency", "cpu.pmu", "rt1", "<pmu state='off'/>", ""),
    .edit(
      "db", "cpu.quota", "db1", "<emulatorpin",
      "<period>100000</period><quota>50000</quota><emulatorpin"),
    .edit(
      "network", "cpu.quota", "fw1", "<emulatorpin",
      "<global_quota>200000</global_quota><emulatorpin"),
    // dom.*
    .edit("migratable", "dom.machine-type", "erp1", "pc-q35-7.2", "pc-q35-4.2"),
    .edit(
      "general-nova", "dom.machine-type", "instance-0000002a", "pc-i440fx-6.2", "pc-i440fx-bionic"),
    .edit("gpu", "dom.machine-type", "train1", "pc-q35-8.0", "pc-i440fx-8.0"),
    .edit(
      "general-windows", "dom.clock-timers", "win2022", "<timer name='hypervclock' present='yes'/>",
      ""),
    .edit(
      "general-windows", "dom.clock-timers", "win2022", "<timer name='hpet' present='no'/>", ""),
    .edit("desktop", "dom.clock-timers", "pc7", "<timer name='rtc' tickpolicy='catchup'/>", ""),
    .edit(
      "desktop", "dom.clock-timers", "pc7", "name='pit' tickpolicy='delay'",
      "name='pit' tickpolicy='catchup'"),
    .edit(
      "latency", "dom.clock-timers", "rt1", "name='kvmclock' present='yes'",
      "name='kvmclock' present='no'"
    )
    .and(
      "<uuid>",
      "<metadata><o:libosinfo xmlns:o='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
        + "<o:os id='http://debian.org/debian/12'/></o:libosinfo></metadata><uuid>"),
    .edit("general-windows", "dom.hyperv-enlightenments", "win2022", "<stimer state='on'/>", ""),
    .edit(
      "general-windows", "dom.hyperv-enlightenments", "win2022", "<vpindex state='on'/>",
      "<vpindex state='off'/>"),
    .edit(
      "general-windows", "dom.hyperv-enlightenments", "win2022", "retries='8191'", "retries='4096'"),
    .edit("desktop", "dom.hyperv-enlightenments", "pc7", "<hyperv mode='passthrough'/>", ""),
    .edit(
      "migratable", "dom.guest-agent", "erp1", "org.qemu.guest_agent.0", "org.libguestfs.channel.0"),
    .edit("general-virt-manager", "dom.guest-agent", "web1", "org.qemu.guest_agent.0", "com.x.0"),
  ]

  /// One more text that is replaced.
  func and(_ old: String, _ new: String) -> PlantedFault {
    var copy = self
    copy.edits.append((old, new))
    return copy
  }
}
