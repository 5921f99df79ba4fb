/// Makes files out of records: whatever that takes, threads and disks, is behind it.
///
/// A value of closures, as `RecordCodec` is: who asks for a file knows neither.
package struct ExportPresses: Sendable {
    /// Throws what is wrong with a layout.
    package var check: @Sendable (ExportLayout) throws(ExportLayout.Fault) -> Void
    /// Begins a file.
    package var open:
        @Sendable (ExportLayout, ExportSubject) async throws(StoreError) -> ExportPress

    package init(
        check: @escaping @Sendable (ExportLayout) throws(ExportLayout.Fault) -> Void,
        open:
            @escaping @Sendable (ExportLayout, ExportSubject) async throws(StoreError)
            -> ExportPress
    ) {
        self.check = check
        self.open = open
    }
}

/// One file in the making; its calls are made one after another.
package struct ExportPress: Sendable {
    /// What a call has made ready.
    package struct Piece: Hashable, Sendable {
        /// Whole rows; none of XLSX, which is read at the end.
        package var bytes: [UInt8]
        package var rowsCount: Int

        package init(bytes: [UInt8], rowsCount: Int) {
            self.bytes = bytes
            self.rowsCount = rowsCount
        }
    }

    /// Adds the records of a page from one on, as many as `bytesMax` allow, and one at least.
    package var add:
        @Sendable (CustomerPage, _ from: Int, _ bytesMax: Int) async throws(StoreError) -> Piece
    /// Ends the file; says how many bytes there are to read.
    package var finish: @Sendable () async throws(StoreError) -> Int
    /// Reads bytes of the finished file.
    package var read: @Sendable (_ bytes: Range<Int>) async throws(StoreError) -> [UInt8]
    /// Lets go of everything; nothing may be called afterwards.
    package var close: @Sendable () -> Void

    package init(
        add:
            @escaping @Sendable (CustomerPage, _ from: Int, _ bytesMax: Int)
            async throws(StoreError) -> Piece,
        finish: @escaping @Sendable () async throws(StoreError) -> Int,
        read: @escaping @Sendable (_ bytes: Range<Int>) async throws(StoreError) -> [UInt8],
        close: @escaping @Sendable () -> Void
    ) {
        self.add = add
        self.finish = finish
        self.read = read
        self.close = close
    }
}
