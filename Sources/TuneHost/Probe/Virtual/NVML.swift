// NVIDIA's management library, loaded where NVIDIA's driver holds a card: nothing is linked, and the
// program runs where it isn't installed. Names, numbers and layouts are those of nvml.h (driver 450
// and later; https://docs.nvidia.com/deploy/nvml-api/), reduced to what only reads.

import Glibc
import TuneKit

/// The functions of NVML that are used. Each gives 0, or one of `Outcome`.
final class NVML: Sendable {
  typealias Device = OpaquePointer
  typealias Words = UnsafeMutablePointer<UInt32>

  /// `nvmlReturn_t`, those that are told apart.
  enum Outcome {
    static let success: CInt = 0
    static let invalidArgument: CInt = 2
    static let notSupported: CInt = 3
    static let noPermission: CInt = 4
  }

  /// Why the library can't be used.
  struct Missing: Error {
    let reason: String
  }

  /// Prepares the library; no card is woken by it.
  let start: @convention(c) () -> CInt
  let stop: @convention(c) () -> CInt
  let errorText: @convention(c) (CInt) -> UnsafePointer<CChar>?
  let driverVersion: @convention(c) (UnsafeMutablePointer<CChar>, CUnsignedInt) -> CInt
  let deviceByAddress: @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<Device?>) -> CInt
  let name: @convention(c) (Device, UnsafeMutablePointer<CChar>, CUnsignedInt) -> CInt
  let memory: @convention(c) (Device, UnsafeMutableRawPointer) -> CInt
  let migMode: @convention(c) (Device, Words, Words) -> CInt
  let mostInstances: @convention(c) (Device, Words) -> CInt
  let profile: @convention(c) (Device, CUnsignedInt, UnsafeMutableRawPointer) -> CInt
  let instances: @convention(c) (Device, CUnsignedInt, UnsafeMutableRawPointer, Words) -> CInt

  /// Loads the library.
  ///
  /// - Parameter library: its name or path.
  init(_ library: String = "libnvidia-ml.so.1") throws(Missing) {
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
      let why = dlerror().map { String(cString: $0) } ?? "\(library) isn't there"
      throw Missing(reason: why.printable)
    }
    func find<T>(_ name: String, as type: T.Type = T.self) throws(Missing) -> T {
      guard let symbol = dlsym(handle, name) else {
        throw Missing(reason: "\(library) is too old, it has no \(name)")
      }
      return unsafeBitCast(symbol, to: type)
    }
    start = try find("nvmlInit_v2")
    stop = try find("nvmlShutdown")
    errorText = try find("nvmlErrorString")
    driverVersion = try find("nvmlSystemGetDriverVersion")
    deviceByAddress = try find("nvmlDeviceGetHandleByPciBusId_v2")
    name = try find("nvmlDeviceGetName")
    memory = try find("nvmlDeviceGetMemoryInfo")
    migMode = try find("nvmlDeviceGetMigMode")
    mostInstances = try find("nvmlDeviceGetMaxMigDeviceCount")
    profile = try find("nvmlDeviceGetGpuInstanceProfileInfo")
    instances = try find("nvmlDeviceGetGpuInstances")
  }

  /// The library's words for an outcome.
  func text(_ outcome: CInt) -> String {
    errorText(outcome).map { String(cString: $0).printable } ?? "error \(outcome)"
  }

  /// A text that a call writes into a buffer of 96 bytes (the longest of nvml.h's).
  func string(
    _ call: (UnsafeMutablePointer<CChar>, CUnsignedInt) -> CInt
  ) -> String? {
    var buffer = [CChar](repeating: 0, count: 97)
    guard call(&buffer, 96) == Outcome.success else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
