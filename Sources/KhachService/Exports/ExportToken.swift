internal import KhachCore

/// How far a file has come at its reader: goes on in the same session, behind the last chunk.
struct ExportToken: Hashable {
    private static let bodyBytes = 32

    /// The number of the session, which no other has had, before a restart or after.
    var session: UInt64
    /// The page of records that the next row is in; 0 for XLSX.
    var page: Int
    /// The next row in it; the next byte of the file for XLSX.
    var offset: Int
    var rowsDone: Int

    /// Tokens of one request of one caller.
    struct Binding: Sendable {
        private let seal: Seal
        /// A tag over the request, which may be long: made once.
        private let context: [UInt8]

        init(seal: Seal, request: [UInt8], caller: Caller) {
            self.seal = seal
            let caller = caller.token.map(\.text) ?? ""
            let context = Array("khach.v1.export\n\(caller)\n".utf8)
            self.context = seal.seal([], context: context + request)
        }

        func bytes(_ token: ExportToken) -> [UInt8] {
            var body: [UInt8] = []
            for number in [token.page, token.offset, token.rowsDone] {
                body.appendInteger(UInt64(number))
            }
            body.appendInteger(token.session)
            return self.seal.seal(body, context: self.context)
        }

        func token(_ bytes: [UInt8]) throws(InputError) -> ExportToken {
            guard let body = self.seal.open(bytes, context: self.context),
                body.count == ExportToken.bodyBytes
            else {
                throw InputError(
                    "resume_token",
                    "that of a chunk of the same request expected, found other bytes"
                )
            }
            return ExportToken(
                session: body.integer(at: 24),
                page: Int(body.integer(at: 0)),
                offset: Int(body.integer(at: 8)),
                rowsDone: Int(body.integer(at: 16))
            )
        }
    }
}
