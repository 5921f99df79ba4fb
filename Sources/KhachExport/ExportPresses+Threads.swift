package import KhachCore

extension ExportPresses {
    /// Each file on a thread of its own; workbooks in files without a name in `folder`.
    package static func threads(folder: String) -> ExportPresses {
        ExportPresses(
            check: { (layout) throws(ExportLayout.Fault) in try layout.check() },
            open: { (layout, subject) async throws(StoreError) in
                let thread = try await PressThread.start { () throws(StoreError) in
                    try Sheet(layout, subject, folder: folder)
                }
                return ExportPress(thread)
            }
        )
    }
}

extension ExportPress {
    fileprivate init(_ thread: PressThread) {
        self.init(
            add: { (page, first, bytesMax) async throws(StoreError) in
                try await thread.run { (sheet) throws(StoreError) in
                    try sheet.add(page, from: first, bytesMax: bytesMax)
                }
            },
            finish: { () async throws(StoreError) in
                try await thread.run { (sheet) throws(StoreError) in try sheet.finish() }
            },
            read: { (range) async throws(StoreError) in
                try await thread.run { (sheet) throws(StoreError) in try sheet.read(range) }
            },
            close: { thread.end() }
        )
    }
}
