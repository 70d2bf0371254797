// NVIDIA's cards, through a library made here that plays NVML.

import Glibc
import TestSupport
import Testing
import TuneKit

@testable import TuneHost

@Suite struct GPUProbeTests {
  let tree = TemporaryTree()

  /// Two cards: an A100 in MIG mode and a T4 that has none. Layouts as nvml.h declares them, so that
  /// the compiler places the members.
  private static let library = """
    #include <string.h>
    #include <unistd.h>
    typedef struct { unsigned id, p2p, slices, count, sm, copy, dec, enc, jpeg, ofa;
      unsigned long long memoryMiB; } profile_t;
    typedef struct { unsigned long long total, free, used; } memory_t;
    static int a100, t4, started;
    #ifdef ABSENT
    int nvmlInit_v2(void) { return 9; }
    #else
    int nvmlInit_v2(void) { started = 1; return 0; }
    #endif
    int nvmlShutdown(void) { started = 0; return 0; }
    const char *nvmlErrorString(int code) {
      return code == 9 ? "Driver Not Loaded" : code == 4 ? "Insufficient Permissions" : "Lost\\033[31m"; }
    int nvmlSystemGetDriverVersion(char *text, unsigned length) {
      strncpy(text, "550.54.15", length); return 0; }
    int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device) {
    #ifdef SLOW
      sleep(20);
    #endif
      if (!started) return 1;
      if (!strcmp(address, "0000:3b:00.0")) { *device = &a100; return 0; }
      if (!strcmp(address, "0000:af:00.0")) { *device = &t4; return 0; }
      return 15; }
    int nvmlDeviceGetName(void *device, char *text, unsigned length) {
      strncpy(text, device == &a100 ? "NVIDIA A100-SXM4-40GB" : "Tesla T4", length); return 0; }
    int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
      memory->total = device == &a100 ? 42505273344ull : 16106127360ull;
      memory->free = memory->used = 1; return 0; }
    int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *then) {
      if (device != &a100) return 3;
      *now = 1; *then = 0; return 0; }
    int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned *count) { *count = 7; return 0; }
    int nvmlDeviceGetGpuInstanceProfileInfo(void *device, unsigned kind, profile_t *info) {
      profile_t all[] = { { 19, 1, 1, 7, 14, 1, 0, 0, 0, 0, 4864 },
        { 9, 0, 3, 2, 42, 3, 2, 0, 0, 0, 20096 }, { 0, 0, 7, 1, 98, 7, 5, 0, 1, 1, 40192 } };
      if (kind == 0) *info = all[0]; else if (kind == 2) *info = all[1];
      else if (kind == 4) *info = all[2]; else return kind < 18 ? 3 : 2;
      return 0; }
    int nvmlDeviceGetGpuInstances(void *device, unsigned id, void **handles, unsigned *count) {
    #ifdef DENIED
      return 4;
    #endif
      *count = id == 19 ? 2 : id == 9 ? 1 : 0;
      for (unsigned i = 0; i < *count; i++) handles[i] = device;
      return 0; }
    """

  static let hasCompiler = access("/usr/bin/cc", X_OK) == 0

  private func built(_ options: String = "") throws -> String {
    tree.write("/nvml.c", Self.library)
    // One path is one library, whatever stands there later.
    let path = tree.path + "/libplayed\(options).so"
    let code = system("cc -shared -fPIC \(options) -o \(path) \(tree.path)/nvml.c")
    try #require(code == 0)
    return path
  }

  /// A host whose driver holds both cards.
  private func snapshot(driver: String = "nvidia", addresses: [String]? = nil) -> Snapshot {
    let addresses = addresses ?? ["0000:3b:00.0", "0000:af:00.0"]
    var host = Snapshot()
    for address in addresses {
      let base = "/sys/bus/pci/devices/" + address
      host = host.with(base + "/vendor", "0x10de\n").with(base + "/class", "0x030200\n")
        .withLink(base + "/driver", "/sys/bus/pci/drivers/" + driver)
    }
    tree.write("/proc/driver/nvidia/version", "NVRM version: 550.54.15\n")
    return host
  }

  private func json(
    _ library: String, _ host: Snapshot? = nil, patience: Int32 = 10_000
  ) throws -> JSONValue {
    let reading = GPUProbe.read(
      try Root(tree.path), host ?? snapshot(), library: library, patience: patience)
    guard case .text(let text)? = reading else {
      Issue.record("\(String(describing: reading))")
      return .null
    }
    return try JSONValue(parsing: text)
  }

  @Test(.enabled(if: hasCompiler)) func cardsAreAskedForTheirInstances() throws {
    let answer = try json(try built())
    #expect(answer["driver"]?.stringValue == "550.54.15")
    let cut = try #require(answer["gpus"]?[0])
    #expect(cut["name"]?.stringValue == "NVIDIA A100-SXM4-40GB")
    #expect(cut["memoryBytes"]?.intValue == 42_505_273_344)
    #expect(
      cut["mig"]?.text() == #"{"enabled":true,"pending":false,"maxInstances":7}"#)
    #expect(
      cut["profiles"]?.text() == #"[{"id":19,"slices":1,"fits":7,"memoryMiB":4864,"instances":2},"#
        + #"{"id":9,"slices":3,"fits":2,"memoryMiB":20096,"instances":1},"#
        + #"{"id":0,"slices":7,"fits":1,"memoryMiB":40192,"instances":0}]"#)
    let plain = try #require(answer["gpus"]?[1])
    #expect(plain["name"]?.stringValue == "Tesla T4")
    #expect(plain["mig"]?.isNull == true)
    #expect(plain["profiles"] == nil)
  }

  @Test(.enabled(if: hasCompiler)) func aLibraryThatLacksAFunctionIsTooOld() throws {
    let path = tree.path + "/libold.so"
    try #require(system("cc -shared -o \(path) -x c /dev/null") == 0)
    #expect(
      try json(path)["gpus"]?[0]?["missing"]?.stringValue
        == "\(path) is too old, it has no nvmlInit_v2")
  }

  @Test(.enabled(if: hasCompiler)) func whatOnlyRootMayAskIsSaid() throws {
    let profile = try #require(try json(try built("-DDENIED"))["gpus"]?[0]?["profiles"]?[0])
    #expect(profile["instances"] == nil)
    #expect(profile["missing"]?.stringValue == "Insufficient Permissions")
  }

  @Test(.enabled(if: hasCompiler)) func aFailureIsSaidOfEachCard() throws {
    let list = try #require(try json(try built("-DABSENT"))["gpus"]?.arrayValue)
    #expect(list.map { $0["missing"]?.stringValue } == ["Driver Not Loaded", "Driver Not Loaded"])
    // Control characters of a library stay out of the file.
    let other = try json(try built(), snapshot(addresses: ["0000:01:00.0"]))["gpus"]?[0]
    #expect(other?["missing"]?.stringValue?.hasPrefix("Lost") == true)
    #expect(other?["missing"]?.stringValue?.contains("\u{1b}") == false)
  }

  @Test(.enabled(if: hasCompiler)) func aCardThatDoesNotAnswerIsNotWaitedFor() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let answer = try json(try built("-DSLOW"), patience: 300)
    #expect(clock.now - start < .seconds(10))
    #expect(answer["gpus"]?[0]?["missing"]?.stringValue?.contains("didn't answer") == true)
  }

  @Test func withoutTheLibraryTheDriversFilesAreCounted() throws {
    let host = snapshot()
    tree.write(
      "/proc/driver/nvidia/gpus/0000:3b:00.0/information",
      "Model: \t\t NVIDIA A100-SXM4-40GB\nDevice Minor: \t 1\n")
    for name in ["gi0", "gi1", "gi5", "other"] {
      tree.write("/proc/driver/nvidia/capabilities/gpu1/mig/\(name)/access", "")
    }
    let list = try #require(try json("libnothing-of-this-name.so", host)["gpus"]?.arrayValue)
    #expect(list[0]["missing"]?.stringValue?.contains("libnothing-of-this-name.so") == true)
    #expect(list[0]["instanceCount"]?.intValue == 3)
    #expect(list[1]["instanceCount"]?.isNull == true)
  }

  @Test func aSleepingCardIsLeftAlone() throws {
    let host = snapshot(addresses: ["0000:3b:00.0"])
    tree.write("/sys/bus/pci/devices/0000:3b:00.0/power/runtime_status", "suspended\n")
    let card = try json("libnothing-of-this-name.so", host)["gpus"]?[0]
    #expect(card?["missing"]?.stringValue == "sleeps, and would be woken by asking")
  }

  @Test func hostsWithoutNvidiasDriverGetNoFile() throws {
    let root = try Root(tree.path)
    #expect(GPUProbe.read(root, snapshot(driver: "vfio-pci")) == nil)
    #expect(GPUProbe.read(root, snapshot(driver: "nouveau")) == nil)
    #expect(GPUProbe.read(try Root(tree.path + "/proc"), snapshot()) == nil)
    #expect(GPUProbe.read(root, Snapshot()) == nil)
  }
}
