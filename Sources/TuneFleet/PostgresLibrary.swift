// PostgreSQL's client library, loaded when a store is asked for: nothing is linked, and the program
// runs where it isn't installed. Types and numbers are those of libpq-fe.h, which has kept them since
// PostgreSQL 9.2 (single-row mode).

import Glibc
import TuneKit

/// The functions of libpq that are used.
final class PostgresLibrary: Sendable {
  typealias Connection = OpaquePointer
  typealias Answer = OpaquePointer
  typealias Text = UnsafePointer<CChar>
  typealias Texts = UnsafePointer<Text?>
  typealias NoticeProcessor = @convention(c) (UnsafeMutableRawPointer?, Text?) -> Void

  /// `ExecStatusType`: a command was done.
  static let commandOK: CInt = 1
  /// Rows, all of them.
  static let tuplesOK: CInt = 2
  /// One row of several.
  static let singleTuple: CInt = 9
  /// `ConnStatusType`: the connection stands.
  static let connectionOK: CInt = 0
  /// `PG_DIAG_SQLSTATE`.
  static let sqlState = CInt(UInt8(ascii: "C"))

  let connect: @convention(c) (Texts?, Texts?, CInt) -> Connection?
  let status: @convention(c) (Connection) -> CInt
  let finish: @convention(c) (Connection) -> Void
  let errorMessage: @convention(c) (Connection) -> Text?
  let setEncoding: @convention(c) (Connection, Text) -> CInt
  let setNoticeProcessor:
    @convention(c) (Connection, NoticeProcessor?, UnsafeMutableRawPointer?) -> NoticeProcessor?
  let execute:
    @convention(c) (
      Connection, Text, CInt, UnsafePointer<UInt32>?, Texts?, UnsafePointer<CInt>?,
      UnsafePointer<CInt>?, CInt
    ) -> Answer?
  let prepare: @convention(c) (Connection, Text, Text, CInt, UnsafePointer<UInt32>?) -> Answer?
  let executePrepared:
    @convention(c) (
      Connection, Text, CInt, Texts?, UnsafePointer<CInt>?, UnsafePointer<CInt>?, CInt
    ) -> Answer?
  let send:
    @convention(c) (
      Connection, Text, CInt, UnsafePointer<UInt32>?, Texts?, UnsafePointer<CInt>?,
      UnsafePointer<CInt>?, CInt
    ) -> CInt
  let setSingleRowMode: @convention(c) (Connection) -> CInt
  let nextAnswer: @convention(c) (Connection) -> Answer?
  let answerStatus: @convention(c) (Answer) -> CInt
  let answerField: @convention(c) (Answer, CInt) -> Text?
  let answerMessage: @convention(c) (Answer) -> Text?
  let clear: @convention(c) (Answer) -> Void
  let rowCount: @convention(c) (Answer) -> CInt
  let value: @convention(c) (Answer, CInt, CInt) -> Text?
  let length: @convention(c) (Answer, CInt, CInt) -> CInt
  let isNull: @convention(c) (Answer, CInt, CInt) -> CInt
  let changedRows: @convention(c) (Answer) -> Text?

  private static let loaded = Result { () throws(Failure) in try PostgresLibrary() }

  /// The library; loaded at the first call.
  ///
  /// - Throws: `Failure` 69 where it isn't installed.
  static func shared() throws(Failure) -> PostgresLibrary { try loaded.get() }

  private init() throws(Failure) {
    guard let handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL) else {
      let why = dlerror().map { String(cString: $0) } ?? "libpq.so.5 isn't there"
      throw Failure(
        .unavailable, "PostgreSQL's client library can't be used: \(why.printable)",
        "  Debian's package is libpq5.")
    }
    func find<T>(_ name: String, as type: T.Type = T.self) throws(Failure) -> T {
      guard let symbol = dlsym(handle, name) else {
        throw Failure(.unavailable, "libpq.so.5 is too old, it has no \(name)")
      }
      return unsafeBitCast(symbol, to: type)
    }
    connect = try find("PQconnectdbParams")
    status = try find("PQstatus")
    finish = try find("PQfinish")
    errorMessage = try find("PQerrorMessage")
    setEncoding = try find("PQsetClientEncoding")
    setNoticeProcessor = try find("PQsetNoticeProcessor")
    execute = try find("PQexecParams")
    prepare = try find("PQprepare")
    executePrepared = try find("PQexecPrepared")
    send = try find("PQsendQueryParams")
    setSingleRowMode = try find("PQsetSingleRowMode")
    nextAnswer = try find("PQgetResult")
    answerStatus = try find("PQresultStatus")
    answerField = try find("PQresultErrorField")
    answerMessage = try find("PQresultErrorMessage")
    clear = try find("PQclear")
    rowCount = try find("PQntuples")
    value = try find("PQgetvalue")
    length = try find("PQgetlength")
    isNull = try find("PQgetisnull")
    changedRows = try find("PQcmdTuples")
  }
}
