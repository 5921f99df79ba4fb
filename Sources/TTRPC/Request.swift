package import NIOCore

/// The body of a Request frame: which method, with what message, how long, and what beside it.
///
/// Names and message are slices of the frame, not copies; the names are known to be UTF-8.
package struct Request: Hashable, Sendable {
    package var service: ByteBuffer
    package var method: ByteBuffer
    package var payload: Payload
    /// Time left to the caller; 0 is no limit, less is too late.
    package var timeoutNanoseconds: Int64
    package var metadata: Metadata

    package init(
        service: ByteBuffer,
        method: ByteBuffer,
        payload: Payload = Payload(),
        timeoutNanoseconds: Int64 = 0,
        metadata: Metadata = Metadata()
    ) {
        self.service = service
        self.method = method
        self.payload = payload
        self.timeoutNanoseconds = timeoutNanoseconds
        self.metadata = metadata
    }

    package init(
        _ service: String,
        _ method: String,
        payload: Payload = Payload(),
        timeoutNanoseconds: Int64 = 0,
        metadata: Metadata = Metadata()
    ) {
        self.init(
            service: ByteBuffer(string: service),
            method: ByteBuffer(string: method),
            payload: payload,
            timeoutNanoseconds: timeoutNanoseconds,
            metadata: metadata
        )
    }

    /// Reads a request; the status is what its sender should be told.
    package init(decoding body: ByteBuffer, limits: Limits = Limits()) throws(Status) {
        let fields: Fields
        do {
            fields = try Fields(body, limits: limits)
        } catch {
            throw error.status
        }

        self.service = body.slice(at: fields.service)
        self.method = body.slice(at: fields.method)
        self.payload = Payload(body.slice(at: fields.payload))
        self.timeoutNanoseconds = fields.timeoutNanoseconds
        self.metadata = fields.metadata
    }

    /// The bytes of this request, field by field in order, absent where empty, as Go writes it.
    package func encoded() -> ByteBuffer {
        var writer = PayloadWriter(
            capacity: 64 + self.service.readableBytes + self.method.readableBytes
                + self.payload.count
        )
        writer.writeNonEmpty(self.service.readableBytesView, field: 1)
        writer.writeNonEmpty(self.method.readableBytesView, field: 2)
        writer.writeNonEmpty(self.payload.buffer.readableBytesView, field: 3)
        writer.write(UInt64(bitPattern: self.timeoutNanoseconds), field: 4)
        for entry in self.metadata.entries {
            var inner = PayloadWriter(capacity: 64)
            inner.write(entry.key, field: 1)
            inner.write(entry.value, field: 2)
            writer.write(inner.payload.buffer.readableBytesView, field: 5)
        }
        return writer.payload.buffer
    }
}

extension Request {
    private enum Refusal: Error {
        case malformed
        case metadataTooLarge(entries: Int, bytes: Int)

        var status: Status {
            switch self {
            case .malformed:
                Status(.invalidArgument, "unmarshal request error: the bytes are not a Request")
            case .metadataTooLarge(let entries, let bytes):
                Status(.resourceExhausted, "metadata has \(entries) entries of \(bytes) bytes")
            }
        }
    }

    /// Where the fields are, counted from the beginning of the body.
    private struct Fields {
        var service = 0..<0
        var method = 0..<0
        var payload = 0..<0
        var timeoutNanoseconds: Int64 = 0
        var metadata = Metadata()
        private var metadataBytes = 0

        init(_ body: ByteBuffer, limits: Limits) throws(Refusal) {
            let bytesCount = body.readableBytes
            let outcome = body.withUnsafeReadableBytes { bytes in
                var fields = Self()
                return Result { () throws(Refusal) in
                    try fields.read(bytes, in: 0..<bytesCount, limits: limits)
                    return fields
                }
            }
            self = try outcome.get()
        }

        private init() {}

        private mutating func read(
            _ bytes: UnsafeRawBufferPointer,
            in range: Range<Int>,
            limits: Limits
        ) throws(Refusal) {
            do {
                var reader = WireReader(bytes, in: range)
                while let (number, field) = try reader.next() {
                    switch (number, field) {
                    case (1, .bytes(let range)):
                        guard bytes.isUTF8(at: range) else { throw Refusal.malformed }
                        self.service = range
                    case (2, .bytes(let range)):
                        guard bytes.isUTF8(at: range) else { throw Refusal.malformed }
                        self.method = range
                    case (3, .bytes(let range)): self.payload = range
                    case (4, .varint(let value)):
                        self.timeoutNanoseconds = Int64(bitPattern: value)
                    case (5, .bytes(let range)):
                        try self.readEntry(bytes, in: range, limits: limits)
                    default: break
                    }
                }
            } catch let refusal as Refusal {
                throw refusal
            } catch {
                throw .malformed
            }
        }

        private mutating func readEntry(
            _ bytes: UnsafeRawBufferPointer,
            in range: Range<Int>,
            limits: Limits
        ) throws {
            self.metadataBytes += range.count
            guard
                self.metadata.entries.count < limits.metadataEntriesMax,
                self.metadataBytes <= limits.metadataBytesMax
            else {
                throw Refusal.metadataTooLarge(
                    entries: self.metadata.entries.count + 1,
                    bytes: self.metadataBytes
                )
            }

            var entry = Metadata.Entry(key: "", value: "")
            var reader = WireReader(bytes, in: range)
            while let (number, field) = try reader.next() {
                switch (number, field) {
                case (1, .bytes(let range)): entry.key = try bytes.text(at: range)
                case (2, .bytes(let range)): entry.value = try bytes.text(at: range)
                default: break
                }
            }
            self.metadata.entries.append(entry)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes at `range` are UTF-8; ASCII, which names are, is decided without a copy.
    fileprivate func isUTF8(at range: Range<Int>) -> Bool {
        self.isASCII(at: range) || String(validating: self[range], as: UTF8.self) != nil
    }
}

extension ByteBuffer {
    /// The bytes at `range`, counted from the reader index, without a copy.
    func slice(at range: Range<Int>) -> ByteBuffer {
        guard !range.isEmpty else { return ByteBuffer() }
        guard
            let slice = self.getSlice(
                at: self.readerIndex + range.lowerBound,
                length: range.count
            )
        else {
            preconditionFailure("a field lies within its message")
        }
        return slice
    }
}

extension PayloadWriter {
    /// Writes a field that proto3 leaves out when it is empty.
    mutating func writeNonEmpty(_ bytes: some Collection<UInt8>, field: Int) {
        guard !bytes.isEmpty else { return }

        self.write(bytes, field: field)
    }
}
