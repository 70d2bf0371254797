// What a run says where the system under it hinders it: full disks, limits, libraries, no /proc.

import Glibc
import TestSupport
import Testing

@Suite struct HinderedRunTests {
  private let directory = TemporaryTree()

  private func run(_ arguments: String..., prelude: String) throws -> Program.Outcome {
    try Program.run(arguments, prelude: prelude)
  }

  @Test func aFullStandardOutputIsTold() throws {
    let outcome = try run("explain", "mem.thp", prelude: "exec >/dev/full")
    #expect(outcome.status == 74)
    #expect(
      outcome.errors == "tuned-vm: cannot write to standard output: No space left on device\n")
  }

  @Test func aStoreThatCanNotGrowIsTold() throws {
    directory.write("/a.json", "{}")
    let outcome = try run(
      "fleet", "ingest", directory.path, "--state-dir", directory.path + "/s",
      prelude: "trap '' XFSZ; ulimit -f 8")
    #expect(outcome.status == 74)
    #expect(
      outcome.errors.contains("cannot use '\(directory.path)/s/fleet.sqlite': disk I/O error"),
      "\(outcome.errors)")
  }

  // MARK: - Libraries

  @Test func aDamagedClientLibraryIsNamedWithItsPackage() throws {
    directory.write("/libpq.so.5", "")
    let outcome = try run(
      "fleet", "report", "--store", "postgresql://a/b",
      prelude: "export LD_LIBRARY_PATH=\(directory.path)")
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("PostgreSQL's client library can't be used: "))
    #expect(outcome.errors.contains("libpq.so.5: file too short"))
    #expect(outcome.errors.contains("  Debian's package is libpq5."))
  }

  @Test(
    .enabled(if: access("/usr/bin/cc", X_OK) == 0, "no C compiler"),
    arguments: [
      ("libpq.so.5", "fleet report --store postgresql://a/b", "PQconnectdbParams"),
      ("libvirt.so.0", "audit -c test:///default", "virConnectOpen"),
    ])
  func anOldLibraryIsNamedWithWhatItLacks(
    _ library: String, _ arguments: String, _ function: String
  ) throws {
    let file = "\(directory.path)/\(library)"
    let outcome = try Program.run(
      arguments.split(separator: " ").map(String.init),
      prelude: "cc -shared -o \(file) -x c /dev/null; export LD_LIBRARY_PATH=\(directory.path)")
    #expect(outcome.status == 69)
    #expect(
      outcome.errors.contains("\(library) is too old, it has no \(function)"),
      "\(outcome.errors)")
  }

  /// A library with libvirt's functions that do nothing but what is said.
  private func emptyLibvirt(connects: Bool) -> String {
    let functions = """
      GetLastError ResetLastError ConnectClose ConnectGetLibVersion ConnectGetVersion \
      ConnectGetCapabilities ConnectGetDomainCapabilities ConnectListAllDomains \
      DomainLookupByName DomainLookupByUUIDString DomainFree DomainGetName DomainGetUUIDString \
      DomainGetXMLDesc DomainGetState DomainIsPersistent DomainGetAutostart \
      DomainHasManagedSaveImage DomainSnapshotNum DomainDefineXMLFlags DomainPinVcpuFlags \
      DomainPinEmulator DomainPinIOThread DomainSetNumaParameters TypedParamsAddString \
      TypedParamsFree SetErrorFunc
      """
    let made =
      functions.split(separator: " ").map { "void *vir\($0)(void) { return 0; }" }
      + ["", "ReadOnly"].map {
        "void *virConnectOpen\($0)(void) { return (void *)\(connects ? 1 : 0); }"
      }
    directory.write("/libvirt.c", made.joined(separator: "\n") + "\n")
    let (source, file) = ("\(directory.path)/libvirt.c", "\(directory.path)/libvirt.so.0")
    return "cc -shared -fPIC -o \(file) \(source); export LD_LIBRARY_PATH=\(directory.path)"
  }

  @Test(.enabled(if: access("/usr/bin/cc", X_OK) == 0, "no C compiler"))
  func aLibvirtThatRefusesWithoutAReasonIsTold() throws {
    let outcome = try run("audit", "-c", "stub:///x", prelude: emptyLibvirt(connects: false))
    #expect(outcome.status == 69)
    #expect(
      outcome.errors.contains("cannot connect to 'stub:///x': no reason given"),
      "\(outcome.errors)")
  }

  @Test(.enabled(if: access("/usr/bin/cc", X_OK) == 0, "no C compiler"))
  func aLibvirtThatBreaksAfterwardsIsTold() throws {
    let outcome = try run("audit", "-c", "stub:///x", prelude: emptyLibvirt(connects: true))
    #expect(outcome.status == 69)
    #expect(
      outcome.errors.contains("cannot connect to 'stub:///x': list: no reason given"),
      "\(outcome.errors)")
  }

  // MARK: - Trials

  @Test func aDiskThatFillsUpIsTold() throws {
    let outcome = try run(
      "trial", "--placebo", "--workload", "disk-read", "--directory", "/var/tmp",
      prelude: "trap '' XFSZ; ulimit -f 1000")
    #expect(outcome.status == 73)
    #expect(
      outcome.errors == "tuned-vm: cannot write 64 MiB for the trial: File too large\n")
  }

  /// The limit is set from outside, when all is open that is needed until then.
  @Test(
    .enabled(if: access("/usr/bin/prlimit", X_OK) == 0, "no prlimit"),
    arguments: [
      ("disk-write", "--fsize=4096", "a read or write of the trial's file failed"),
      ("packets", "--nofile=3", "no loopback socket: Too many open files"),
      ("wakeup", "--nofile=3", "no pipe: Too many open files"),
      ("memory-latency", "--as=$((($size + 16384) * 1024))", "gives no 64 MiB to measure"),
    ])
  func aWorkloadThatGetsNothingToMeasureIsTold(
    _ workload: String, _ limit: String, _ words: String
  ) throws {
    let host = try CapturedHost("one-node").unpacked()
    let size = "size=$(sed -n 's/^VmSize:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$PPID/status)"
    let outcome = try run(
      "trial", "--placebo", "--root", host.path, "--workload", workload, "--seconds", "0.02",
      "--directory", "/var/tmp", "--before-each", "\(size); prlimit \(limit) --pid $PPID",
      prelude: "trap '' XFSZ")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
    #expect(!outcome.errors.contains("-1"))
  }

  // MARK: - Mounts

  /// Whether this user may mount something for a program alone.
  private static let canHide =
    system("unshare -Urm sh -c 'mount -t tmpfs none /proc' >/dev/null 2>&1") == 0

  /// The prelude of a run behind mounts of its own.
  private func behind(_ mounts: String) -> String {
    "exec unshare -Urm sh -c '\(mounts) && exec \"$0\" \"$@\"' \"$0\" \"$@\""
  }

  @Test(.enabled(if: canHide, "no user namespaces"))
  func aReportThatCanNotBeReplacedStays() throws {
    directory.write("/report", "old\n")
    let report = directory.path + "/report"
    let host = try CapturedHost("one-node").unpacked()
    let outcome = try run(
      "audit", "--root", host.path, "--output", report,
      prelude: behind("mount --bind \(report) \(report)"))
    #expect(outcome.status == 73)
    #expect(outcome.errors == "tuned-vm: cannot replace '\(report)': Device or resource busy\n")
    #expect(Set(directory.contents().keys) == ["/report"])
    #expect(directory.text("/report") == "old\n")
  }

  @Test(.enabled(if: canHide, "no user namespaces"))
  func aReportThatDoesNotFitIsToldAndLeavesNothing() throws {
    let report = directory.path + "/report"
    let host = try CapturedHost("one-node").unpacked()
    let outcome = try run(
      "audit", "--root", host.path, "--format", "json", "--output", report,
      prelude:
        "exec unshare -Urm sh -c 'mount -t tmpfs -o size=4k none \(directory.path) && \"$0\" \"$@\"; "
        + "code=$?; ls -A \(directory.path); exit $code' \"$0\" \"$@\"")
    #expect(outcome.status == 74)
    #expect(outcome.errors == "tuned-vm: cannot write '\(report)': No space left on device\n")
    #expect(outcome.output.isEmpty)
  }

  @Test(
    .enabled(if: canHide, "no user namespaces"),
    arguments: ["/etc/libvirt/qemu", "/run/libvirt/qemu", "/root/.config/libvirt/qemu"],
    ["--yes", "--dry-run"])
  func libvirtsOwnFilesAreNotWrittenBesideIt(_ place: String, _ mode: String) throws {
    directory.write("/web1.xml", SampleDomain.web1)
    let host = try CapturedHost("one-node").unpacked()
    let file = "\(place)/web1.xml"
    let outcome = try run(
      "apply", mode, "--root", host.path, "--profile", "db", "--only", "disk.cache-mode",
      "--domain-xml", file, "--state-dir", directory.path + "/s",
      prelude: behind(
        "mount -t tmpfs none $(dirname $(dirname \(place))) && mkdir -p \(place) && cp \(directory.path)/web1.xml \(file)"
      ))
    #expect(outcome.status == 64)
    #expect(
      outcome.errors == """
        tuned-vm: cannot write '\(file)': libvirt owns this file; leave out --domain-xml to go through it
        tuned-vm:   nothing was changed.

        """)
    #expect(directory.text("/s/journal") == nil && outcome.output.isEmpty)
  }

  @Test(.enabled(if: canHide, "no user namespaces"))
  func withoutProcNothingIsDone() throws {
    let outcome = try run("audit", prelude: behind("mount -t tmpfs none /proc"))
    #expect(outcome.status == 74)
    #expect(
      outcome.errors.contains("cannot read '/proc/self/cmdline', where the arguments stand"))
    #expect(outcome.errors.contains("  nothing was done. Mount /proc, in a chroot too."))
  }

  // MARK: - numad

  @Test(.enabled(if: access("/usr/bin/numad.distrib", F_OK) != 0, "numad is installed"))
  func asNumadItAnswersOneQuestion() throws {
    directory.link("/numad", to: Program.path)
    let other = try run(prelude: "exec \(directory.path)/numad -i 5")
    #expect(other.status == 1)
    #expect(other.errors == "tuned-vm: as numad only 'numad -w VCPUS:MIB' is answered here\n")
    let malformed = try run(prelude: "exec \(directory.path)/numad -w x")
    #expect(malformed.status == 1)
    #expect(malformed.errors == "tuned-vm: Can't parse arg value(s): x\n")
  }
}
