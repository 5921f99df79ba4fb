internal import CKhachExport
internal import Glibc
internal import KhachCore

/// The C formatter, and the file without a name that a workbook goes to; used by one thread.
final class Sheet {
    private let sheet: OpaquePointer
    /// -1 for files that come out as bytes.
    private let descriptor: Int32

    /// - Parameter folder: where files without a name are made, of which only this process knows.
    init(
        _ layout: ExportLayout,
        _ subject: ExportSubject,
        folder: String
    ) throws(StoreError) {
        let descriptor = try layout.format == .xlsx ? Self.file(in: folder) : -1
        let made = layout.lend { options -> Result<OpaquePointer, StoreError> in
            subject.business.timeZone.withCString { zone in
                subject.business.name.withCString { name in
                    subject.business.id.text.withCString { id in
                        folder.withCString { folder in
                            options.pointee.time_zone = zone
                            options.pointee.business_name = name
                            options.pointee.business_id = id
                            options.pointee.temporary_folder = folder
                            options.pointee.seq = subject.head
                            options.pointee.rows_before = subject.rowsBefore
                            options.pointee.descriptor = descriptor
                            return Self.open(options)
                        }
                    }
                }
            }
        }
        switch made {
        case .success(let sheet): self.sheet = sheet
        case .failure(let error):
            Glibc.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        for page in subject.pages { try self.name(page) }
    }

    deinit {
        khach_sheet_free(self.sheet)
        if self.descriptor >= 0 { Glibc.close(self.descriptor) }
    }

    /// Adds records and takes what is ready.
    func add(
        _ page: CustomerPage,
        from first: Int,
        bytesMax: Int
    ) throws(StoreError) -> ExportPress.Piece {
        let ends = page.ranges[first...].map(\.upperBound)
        let start = first < page.ranges.count ? page.ranges[first].lowerBound : 0
        var added = 0
        var fault = khach_sheet_fault()
        let result = page.bytes.withUnsafeBufferPointer { records in
            khach_sheet_add_some(
                self.sheet,
                records.baseAddress,
                start,
                ends,
                ends.count,
                bytesMax,
                &added,
                &fault
            )
        }
        guard result == KHACH_SHEET_DONE.rawValue else { throw Self.error(result, fault) }

        var count = 0
        let bytes = khach_sheet_bytes(self.sheet, &count)
        defer { khach_sheet_take(self.sheet) }
        return ExportPress.Piece(
            bytes: Array(UnsafeBufferPointer(start: bytes, count: count)),
            rowsCount: added
        )
    }

    /// Ends the file; how long the workbook is, 0 for the other formats.
    func finish() throws(StoreError) -> Int {
        var fault = khach_sheet_fault()
        let result = khach_sheet_finish(self.sheet, &fault)
        guard result == KHACH_SHEET_DONE.rawValue else { throw Self.error(result, fault) }
        guard self.descriptor >= 0 else { return 0 }

        return Int(lseek(self.descriptor, 0, SEEK_END))
    }

    func read(_ range: Range<Int>) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    self.descriptor,
                    buffer.baseAddress?.advanced(by: done),
                    buffer.count - done,
                    off_t(range.lowerBound + done)
                )
            }
            guard count > 0 || count < 0 && errno == EINTR else {
                throw StoreError(.unavailable, "\(range.count) bytes expected, found \(done)")
            }

            done += max(0, count)
        }
        return bytes
    }

    // MARK: Helpers

    private static func file(in folder: String) throws(StoreError) -> Int32 {
        // O_TMPFILE, whose macro Swift cannot see: the file never has a name.
        let flags = O_RDWR | O_CLOEXEC | O_DIRECTORY | 0o20_000_000
        let descriptor = Glibc.open(folder, flags, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(
                errno == ENOSPC ? .full : .unavailable,
                "a folder for temporary files expected, found: \(String(cString: strerror(errno)))"
            )
        }
        return descriptor
    }

    private static func open(
        _ options: UnsafeMutablePointer<khach_sheet_options>
    ) -> Result<OpaquePointer, StoreError> {
        var sheet: OpaquePointer?
        var fault = khach_sheet_fault()
        let result = khach_sheet_open(&sheet, options, &fault)
        guard let sheet else { return .failure(self.error(result, fault)) }

        return .success(sheet)
    }

    private func name(_ page: Page) throws(StoreError) {
        let id = page.id.text
        let result = khach_sheet_name_page(
            self.sheet,
            id,
            id.utf8.count,
            page.name,
            page.name.utf8.count
        )
        guard result == KHACH_SHEET_DONE.rawValue else {
            throw StoreError(.unavailable, "memory for the names of pages expected, none found")
        }
    }

    private static func error(_ result: Int32, _ fault: khach_sheet_fault) -> StoreError {
        let code: StoreError.Code =
            switch khach_sheet_result(result) {
            case KHACH_SHEET_INVALID: .invalid
            case KHACH_SHEET_BROKEN: .corrupt
            case KHACH_SHEET_IO where fault.system_error == ENOSPC: .full
            default: .unavailable
            }
        return StoreError(code, fault.text)
    }
}

extension khach_sheet_fault {
    var text: String {
        withUnsafeBytes(of: self.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    var fieldText: String {
        withUnsafeBytes(of: self.field) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
