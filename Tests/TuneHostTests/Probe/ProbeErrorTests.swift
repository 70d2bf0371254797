// What a probe and a capture say when they can't go on, word for word.

import Testing
import TuneKit

@testable import TuneHost

@Suite struct ProbeErrorTests {
  static let errors:
    [(error: any ReportableError, status: TuneKit.ExitStatus, messages: [String])] = [
      (
        ProbeError.input(path: "/srv/x", reason: "no such file or directory", denied: false),
        .noInput, ["cannot read '/srv/x': no such file or directory"]
      ),
      (
        ProbeError.input(path: "/srv/x", reason: "permission denied", denied: true), .notPermitted,
        ["cannot read '/srv/x': permission denied"]
      ),
      (
        ProbeError.libvirtUnreachable(uri: "qemu:///system", reason: "no socket"), .unavailable,
        [
          "cannot connect to 'qemu:///system': no socket",
          "  check that its daemon runs, or leave out -c to look at the host alone.",
        ]
      ),
      (
        ProbeError.libvirtMissing(uri: "qemu:///system", reason: "libvirt.so.0: no such file"),
        .unavailable,
        [
          "cannot connect to 'qemu:///system': libvirt can't be used: libvirt.so.0: no such file",
          "  install the package libvirt0, or leave out -c to look at the host alone.",
        ]
      ),
      (
        ProbeError.libvirtNotPermitted(uri: "qemu:///system", reason: "denied"), .notPermitted,
        [
          "not permitted to connect to 'qemu:///system': denied",
          "  run as root or as a member of the libvirt group.",
        ]
      ),
      (
        CaptureError.cannotCreate(path: "/srv/x", reason: "is not empty"), .cannotCreate,
        ["cannot create '/srv/x': is not empty"]
      ),
      (
        CaptureError.cannotWrite(path: "/srv/x", reason: "no space"), .ioError,
        ["cannot write '/srv/x': no space", "  what was written of it has been removed."]
      ),
      (
        CaptureError.noHost("connected elsewhere"), .usage,
        ["there is no host to capture: connected elsewhere"]
      ),
      (LibvirtError.notInstalled("gone"), .unavailable, ["libvirt can't be used: gone"]),
      (
        LibvirtError.unreachable(uri: "xen:///", reason: "no socket"), .unavailable,
        ["cannot connect to 'xen:///': no socket"]
      ),
      (
        LibvirtError.notPermitted(uri: "xen:///", reason: "denied"), .notPermitted,
        ["not permitted to connect to 'xen:///': denied"]
      ),
      (LibvirtError.failed(call: "define", reason: "no"), .ioError, ["libvirt define: no"]),
    ]

  @Test(arguments: errors.indices)
  func anErrorSaysWhatAndWhatToDo(_ index: Int) {
    let (error, status, messages) = Self.errors[index]
    #expect(error.status == status)
    #expect(error.messages == messages)
  }

  @Test func aKindOfFileIsNamedInTheRefusal() {
    let kinds: [(FileKind, String)] = [
      (.fifo, "FIFO"), (.socket, "socket"), (.characterDevice, "device"), (.blockDevice, "device"),
      (.directory, "directory"), (.link, "link"), (.other, "not a regular file"),
      (.regular, "regular file"),
    ]
    for (kind, word) in kinds { #expect(kind.refusal.contains(word)) }
    #expect(Refusal.absent.reason == "no such file")
  }
}
