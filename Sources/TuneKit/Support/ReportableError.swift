// The exit codes of the command line and the errors that carry them.

/// The exit codes of the contract (BSD sysexits where they fit).
public enum ExitStatus: Int32, Sendable {
  /// Done, nothing wrong.
  case success = 0
  /// Findings, drift, changes, or something left: see the contract of the command.
  case findings = 1
  /// Unknown command, option, format, profile, rule or domain name.
  case usage = 64
  /// The content of an input is malformed.
  case malformed = 65
  /// A named input doesn't exist.
  case noInput = 66
  /// libvirt was asked for and does not answer.
  case unavailable = 69
  /// A fault of the program itself.
  case software = 70
  /// An output can't be created.
  case cannotCreate = 73
  /// Reading or writing failed.
  case ioError = 74
  /// Another run holds the lock.
  case busy = 75
  /// Not permitted.
  case notPermitted = 77
  /// A profile or the configuration is wrong.
  case configuration = 78
}

/// An error that ends a command: what, where, why and what to do, with the exit code.
public protocol ReportableError: Error, Sendable {
  /// The exit code.
  var status: ExitStatus { get }
  /// What is said on standard error, one problem a line, without the program's name. Messages about
  /// an input begin with `FILE:LINE:COLUMN: `.
  var messages: [String] { get }
}

/// A reportable error made where no other type is needed.
public struct Failure: ReportableError {
  /// The exit code.
  public let status: ExitStatus
  /// What is said.
  public let messages: [String]

  /// Creates an error.
  public init(_ status: ExitStatus, _ messages: String...) {
    self.status = status
    self.messages = messages
  }

  /// Creates an error of several lines.
  public init(_ status: ExitStatus, messages: [String]) {
    self.status = status
    self.messages = messages
  }
}
