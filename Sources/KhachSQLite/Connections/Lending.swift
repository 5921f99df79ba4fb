internal import KhachCore

// Bytes are lent to SQLite for the length of a call; nothing is copied on the way.

extension Array<UInt8> {
    @inline(__always)
    func lend<Answer>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        let result = self.withUnsafeBufferPointer { buffer in
            Result { () throws(StoreError) in try body(buffer) }
        }
        return try result.get()
    }
}

extension String {
    @inline(__always)
    func lend<Answer>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        var text = self
        let result = text.withUTF8 { buffer in
            Result { () throws(StoreError) in try body(buffer) }
        }
        return try result.get()
    }
}
