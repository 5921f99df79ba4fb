internal import CKhach

extension OfflineClient {
    /// Writes customers of the cache to a file: the bytes that the server gives at the same `seq`.
    ///
    /// The file shows one state of the cache, whatever is synced meanwhile. After a failure it is
    /// not whole.
    ///
    /// - Parameters:
    ///   - descriptor: A file open for writing; for XLSX a regular one, which is empty.
    ///   - options: Who is exported, and how the file looks.
    ///   - temporaryFolder: Where files without a name are made for XLSX.
    ///   - onProgress: Called after at most 1,000 rows each.
    /// - Returns: What the last call of `onProgress` was told.
    @discardableResult
    public func export(
        to descriptor: Int32,
        _ options: ExportOptions = ExportOptions(),
        temporaryFolder: String = "/tmp",
        onProgress: (ExportProgress) -> Void = { _ in }
    ) throws(ClientError) -> ExportProgress {
        let outcome: Result<ExportProgress, ClientError> = temporaryFolder.withCString { folder in
            options.withOptions { options in
                options.pointee.fd = descriptor
                options.pointee.temporary_folder = folder
                return Result { () throws(ClientError) in
                    try self.export(options, onProgress)
                }
            }
        }
        return try outcome.get()
    }

    /// What `options` points to is lent until the export is closed, which is before this returns.
    private func export(
        _ options: UnsafePointer<khach_export_options>,
        _ onProgress: (ExportProgress) -> Void
    ) throws(ClientError) -> ExportProgress {
        var export: OpaquePointer?
        try self.call { client, error in khach_export_open(&export, client, options, error) }
        defer { khach_export_close(export) }
        var progress = khach_export_progress()
        khach_export_progress_init(&progress)
        repeat {
            try ClientError.check { error in khach_export_step(export, &progress, error) }
            onProgress(ExportProgress(progress))
        } while progress.is_finished == 0
        return ExportProgress(progress)
    }
}
