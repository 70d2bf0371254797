// libvirt, loaded when first needed: linking it would cost every start 10 ms and tie the program to
// its presence. Only functions are looked up here; what they are used for is in LibvirtConnection.

import CLibvirt
import Glibc
import TuneKit

/// What went wrong with libvirt.
public enum LibvirtError: ReportableError, Equatable {
  /// The library isn't installed or lacks a function.
  case notInstalled(String)
  /// No daemon answers at this URI.
  case unreachable(uri: String, reason: String)
  /// The daemon doesn't let us.
  case notPermitted(uri: String, reason: String)
  /// A call failed; its name and libvirt's words.
  case failed(call: String, reason: String)

  /// 69, 77 or 74.
  public var status: ExitStatus {
    switch self {
    case .notInstalled, .unreachable: return .unavailable
    case .notPermitted: return .notPermitted
    case .failed: return .ioError
    }
  }

  /// What is said.
  public var messages: [String] {
    switch self {
    case .notInstalled(let why): return ["libvirt can't be used: \(why)"]
    case .unreachable(let uri, let why): return ["cannot connect to '\(uri)': \(why)"]
    case .notPermitted(let uri, let why): return ["not permitted to connect to '\(uri)': \(why)"]
    case .failed(let call, let why): return ["libvirt \(call): \(why)"]
    }
  }

  /// The reason alone.
  public var reason: String {
    switch self {
    case .notInstalled(let why), .unreachable(_, let why), .notPermitted(_, let why),
      .failed(_, let why):
      return why
    }
  }
}

/// The functions of libvirt that are used. Pointers are libvirt's own opaque ones.
final class Libvirt: Sendable {
  typealias Object = OpaquePointer
  typealias Text = UnsafePointer<CChar>
  typealias MadeText = UnsafeMutablePointer<CChar>

  let open: @convention(c) (Text?) -> Object?
  let openReadOnly: @convention(c) (Text?) -> Object?
  let closeConnection: @convention(c) (Object) -> CInt
  let lastError: @convention(c) () -> virErrorPtr?
  let resetError: @convention(c) () -> Void
  let libraryVersion: @convention(c) (Object, UnsafeMutablePointer<CUnsignedLong>) -> CInt
  let hypervisorVersion: @convention(c) (Object, UnsafeMutablePointer<CUnsignedLong>) -> CInt
  let capabilities: @convention(c) (Object) -> MadeText?
  let domainCapabilities:
    @convention(c) (Object, Text?, Text?, Text?, Text?, CUnsignedInt) -> MadeText?
  let listDomains:
    @convention(c) (
      Object, UnsafeMutablePointer<UnsafeMutablePointer<Object?>?>?, CUnsignedInt
    ) -> CInt
  let domainByName: @convention(c) (Object, Text) -> Object?
  let domainByUUID: @convention(c) (Object, Text) -> Object?
  let freeDomain: @convention(c) (Object) -> CInt
  let name: @convention(c) (Object) -> Text?
  let uuid: @convention(c) (Object, MadeText) -> CInt
  let xml: @convention(c) (Object, CUnsignedInt) -> MadeText?
  let state:
    @convention(c) (Object, UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>?, CUnsignedInt)
      -> CInt
  let isPersistent: @convention(c) (Object) -> CInt
  let autostart: @convention(c) (Object, UnsafeMutablePointer<CInt>) -> CInt
  let hasManagedSave: @convention(c) (Object, CUnsignedInt) -> CInt
  let snapshotCount: @convention(c) (Object, CUnsignedInt) -> CInt
  let define: @convention(c) (Object, Text, CUnsignedInt) -> Object?
  let pinVcpu:
    @convention(c) (Object, CUnsignedInt, UnsafeMutablePointer<UInt8>, CInt, CUnsignedInt) -> CInt
  let pinEmulator: @convention(c) (Object, UnsafeMutablePointer<UInt8>, CInt, CUnsignedInt) -> CInt
  let pinIOThread:
    @convention(c) (Object, CUnsignedInt, UnsafeMutablePointer<UInt8>, CInt, CUnsignedInt) -> CInt
  let setNuma: @convention(c) (Object, virTypedParameterPtr, CInt, CUnsignedInt) -> CInt
  let addText:
    @convention(c) (
      UnsafeMutablePointer<virTypedParameterPtr?>, UnsafeMutablePointer<CInt>,
      UnsafeMutablePointer<CInt>, Text, Text
    ) -> CInt
  let freeParameters: @convention(c) (virTypedParameterPtr?, CInt) -> Void

  private static let loaded = Result { () throws(LibvirtError) in try Libvirt() }

  /// The library; loaded at the first call.
  ///
  /// - Throws: `LibvirtError.notInstalled`.
  static func shared() throws(LibvirtError) -> Libvirt { try loaded.get() }

  private init() throws(LibvirtError) {
    guard let handle = dlopen("libvirt.so.0", RTLD_NOW | RTLD_LOCAL) else {
      throw .notInstalled(dlerror().map { String(cString: $0) } ?? "libvirt.so.0 isn't there")
    }
    func find<T>(_ name: String, as type: T.Type = T.self) throws(LibvirtError) -> T {
      guard let symbol = dlsym(handle, name) else {
        throw .notInstalled("libvirt.so.0 is too old, it has no \(name)")
      }
      return unsafeBitCast(symbol, to: type)
    }
    open = try find("virConnectOpen")
    openReadOnly = try find("virConnectOpenReadOnly")
    closeConnection = try find("virConnectClose")
    lastError = try find("virGetLastError")
    resetError = try find("virResetLastError")
    libraryVersion = try find("virConnectGetLibVersion")
    hypervisorVersion = try find("virConnectGetVersion")
    capabilities = try find("virConnectGetCapabilities")
    domainCapabilities = try find("virConnectGetDomainCapabilities")
    listDomains = try find("virConnectListAllDomains")
    domainByName = try find("virDomainLookupByName")
    domainByUUID = try find("virDomainLookupByUUIDString")
    freeDomain = try find("virDomainFree")
    name = try find("virDomainGetName")
    uuid = try find("virDomainGetUUIDString")
    xml = try find("virDomainGetXMLDesc")
    state = try find("virDomainGetState")
    isPersistent = try find("virDomainIsPersistent")
    autostart = try find("virDomainGetAutostart")
    hasManagedSave = try find("virDomainHasManagedSaveImage")
    snapshotCount = try find("virDomainSnapshotNum")
    define = try find("virDomainDefineXMLFlags")
    pinVcpu = try find("virDomainPinVcpuFlags")
    pinEmulator = try find("virDomainPinEmulator")
    pinIOThread = try find("virDomainPinIOThread")
    setNuma = try find("virDomainSetNumaParameters")
    addText = try find("virTypedParamsAddString")
    freeParameters = try find("virTypedParamsFree")
    // Without a handler libvirt prints every error itself.
    typealias Handler = @convention(c) (UnsafeMutableRawPointer?, virErrorPtr?) -> Void
    let setHandler: @convention(c) (UnsafeMutableRawPointer?, Handler?) -> Void =
      try find("virSetErrorFunc")
    setHandler(nil) { _, _ in }
  }

  /// The last error of this thread.
  func error(in call: String) -> LibvirtError {
    .failed(call: call, reason: lastMessage)
  }

  /// The last error of this thread, for a connection that wasn't made.
  func error(connectingTo uri: String) -> LibvirtError {
    guard let error = lastError()?.pointee else {
      return .unreachable(uri: uri, reason: "no reason given")
    }
    let denied: [UInt32] = [
      VIR_ERR_AUTH_FAILED.rawValue, VIR_ERR_AUTH_CANCELLED.rawValue,
      VIR_ERR_AUTH_UNAVAILABLE.rawValue, VIR_ERR_OPERATION_DENIED.rawValue,
      VIR_ERR_ACCESS_DENIED.rawValue,
    ]
    let code = UInt32(bitPattern: error.code)
    // A socket that doesn't let us is a system error with its number in int1.
    let closed =
      code == VIR_ERR_SYSTEM_ERROR.rawValue && (error.int1 == EACCES || error.int1 == EPERM)
    return denied.contains(code) || closed
      ? .notPermitted(uri: uri, reason: lastMessage)
      : .unreachable(uri: uri, reason: lastMessage)
  }

  private var lastMessage: String {
    guard let message = lastError()?.pointee.message else { return "no reason given" }
    return String(cString: message)
  }

  /// Takes over a text that libvirt allocated.
  func take(_ text: MadeText?) -> String? {
    guard let text else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
