package import NIOCore

/// The body of a Response frame: a message, or why there is none.
package struct Response: Hashable, Sendable {
    /// `nil` is success, which Go leaves out and Rust writes as an empty Status.
    package var status: Status?
    package var payload: Payload

    package init(status: Status? = nil, payload: Payload = Payload()) {
        self.status = status
        self.payload = payload
    }

    /// Reads a response; the error is a status that says the bytes are none.
    package init(decoding body: ByteBuffer) throws(Status) {
        let outcome = body.withUnsafeReadableBytes { bytes in
            Result { () throws(WireReader.Malformed) in
                try Fields(bytes, in: 0..<bytes.count)
            }
        }
        guard case .success(let fields) = outcome else {
            throw Status(.internal, "unmarshal response error: the bytes are not a Response")
        }

        let code = fields.status.code
        self.status = code == .ok ? nil : fields.status
        self.payload = Payload(body.slice(at: fields.payload))
    }

    /// The bytes of this response as Go writes it: success has no status.
    package func encoded() -> ByteBuffer {
        var writer = PayloadWriter(capacity: 128 + self.payload.count)
        if let status = self.status {
            writer.write(status.encoded().readableBytesView, field: 1)
        }
        writer.writeNonEmpty(self.payload.buffer.readableBytesView, field: 2)
        return writer.payload.buffer
    }
}

extension Response {
    private struct Fields {
        var status = Status(.ok, "")
        var payload = 0..<0

        init(
            _ bytes: UnsafeRawBufferPointer,
            in range: Range<Int>
        ) throws(WireReader.Malformed) {
            var reader = WireReader(bytes, in: range)
            while let (number, field) = try reader.next() {
                switch (number, field) {
                case (1, .bytes(let range)): try self.status.merge(bytes, in: range)
                case (2, .bytes(let range)): self.payload = range
                default: break
                }
            }
        }
    }
}

extension Status {
    /// The bytes of `google.rpc.Status`.
    package func encoded() -> ByteBuffer {
        var writer = PayloadWriter(capacity: 64 + self.message.utf8.count)
        writer.write(UInt64(self.code.rawValue), field: 1)
        writer.write(self.message, field: 2)
        for detail in self.details {
            var inner = PayloadWriter(capacity: 16 + detail.typeURL.utf8.count + detail.value.count)
            inner.write(detail.typeURL, field: 1)
            inner.writeNonEmpty(detail.value, field: 2)
            writer.write(inner.payload.buffer.readableBytesView, field: 3)
        }
        return writer.payload.buffer
    }

    /// Reads a `google.rpc.Status`; a code that is not canonical is `unknown`.
    package init(decoding bytes: ByteBuffer) throws(Status) {
        let outcome = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(WireReader.Malformed) in
                var status = Status(.ok, "")
                try status.merge(bytes, in: 0..<bytes.count)
                return status
            }
        }
        guard case .success(let status) = outcome else {
            throw Status(.internal, "unmarshal status error: the bytes are not a Status")
        }
        self = status
    }

    fileprivate mutating func merge(
        _ bytes: UnsafeRawBufferPointer,
        in range: Range<Int>
    ) throws(WireReader.Malformed) {
        var reader = WireReader(bytes, in: range)
        while let (number, field) = try reader.next() {
            switch (number, field) {
            case (1, .varint(let value)):
                self.code = Code(rawValue: Int32(truncatingIfNeeded: value)) ?? .unknown
            case (2, .bytes(let range)): self.message = try bytes.text(at: range)
            case (3, .bytes(let range)): self.details.append(try Detail(bytes, in: range))
            default: break
            }
        }
    }
}

extension Status.Detail {
    fileprivate init(
        _ bytes: UnsafeRawBufferPointer,
        in range: Range<Int>
    ) throws(WireReader.Malformed) {
        self.init(typeURL: "", value: [])
        var reader = WireReader(bytes, in: range)
        while let (number, field) = try reader.next() {
            switch (number, field) {
            case (1, .bytes(let range)): self.typeURL = try bytes.text(at: range)
            case (2, .bytes(let range)): self.value = Array(bytes[range])
            default: break
            }
        }
    }
}
